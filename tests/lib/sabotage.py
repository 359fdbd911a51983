"""Shows that tests can fail: breaks each promise of crates/sabotage by name, and runs the test that must notice.

    sabotage.py [NAME ...]      these; all without one

Needs the tests compiled with the feature `sabotage`, which `cargo test --workspace --all-features` does. Ends with the
summary of a test runner; a promise is passed when its test is green without the sabotage and red with it, each time that the
table says.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib

SECONDS_MAX = 180

table = tomllib.loads(pathlib.Path("tests/sabotage.toml").read_text())
source = pathlib.Path("crates/sabotage/src/lib.rs").read_text()
promises = re.findall(r'^    \w+ = "([a-z0-9-]+)",$', source, re.MULTILINE)
if sorted(promises) != sorted(table):
    sys.exit(f"tests/sabotage.toml and the promises differ: {sorted(set(promises) ^ set(table))}")


def executables():
    """Of each crate and test target, as cargo has built them."""
    command = ["cargo", "test", "--release", "--workspace", "--all-features", "--locked", "--no-run"]
    lines = subprocess.run(
        [*command, "--message-format", "json-render-diagnostics"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.splitlines()
    found = {}
    for line in lines:
        artifact = json.loads(line)
        if artifact["reason"] != "compiler-artifact" or not artifact["executable"] or not artifact["profile"]["test"]:
            continue
        folder = pathlib.Path(artifact["manifest_path"]).parent
        crate = tomllib.loads((folder / "Cargo.toml").read_text())["package"]["name"]
        target = artifact["target"]
        name = "lib" if "lib" in target["kind"] else target["name"]
        found[crate, name] = (folder, artifact["executable"])
    return found


def run(built, entry, programs, promise):
    """Whether the test is green, with so many programs on one database unless that is None."""
    folder, executable = built[entry["crate"], entry["target"]]
    ours = {"CHINWAG_SABOTAGE": promise, "CHINWAG_TEST_NODES": programs and str(programs)}
    environment = {key: value for key, value in os.environ.items() if key not in ours}
    environment |= {key: value for key, value in ours.items() if value}
    try:
        ended = subprocess.run(
            [executable, "--exact", entry["test"]],
            cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX,
        )
    except subprocess.TimeoutExpired:
        return False
    if "running 1 test\n" not in ended.stdout:
        sys.exit(f"{entry['crate']} has no test {entry['test']}:\n{ended.stdout}{ended.stderr}")
    return ended.returncode == 0


def ways_to_notice(entries):
    """Each test, and with how many programs; none is the test as it is."""
    for entry in entries:
        yield entry, None
        if "programs" in entry:
            yield entry, entry["programs"]


wanted = sys.argv[1:] or list(table)
built = executables()
caught, missed, green = [], [], {}
for promise in wanted:
    entries = table[promise]
    is_caught = True
    for entry, programs in ways_to_notice(entries if isinstance(entries, list) else [entries]):
        test = f"{entry['crate']} {entry['target']} {entry['test']}"
        if programs:
            test += f" with {programs} programs"
        if test not in green:
            green[test] = run(built, entry, programs, None)
        if not green[test]:
            print(f"{promise}: {test} is red without any sabotage")
            is_caught = False
        elif run(built, entry, programs, promise):
            print(f"{promise}: NOT CAUGHT by {test}")
            is_caught = False
        else:
            print(f"{promise}: caught by {test}")
    (caught if is_caught else missed).append(promise)
print(f"test result: {'FAILED' if missed else 'ok'}. {len(caught)} passed; {len(missed)} failed; 0 ignored")
sys.exit(1 if missed else 0)
