"""Counts instructions of the hot paths under valgrind, and holds them against tests/instructions.toml.

A limit is there so that a change that costs is seen in its own commit, so it must be near: one that lies more than a third
above what is counted fails, too. Ends with the summary of a test runner.
"""

import json
import os
import pathlib
import subprocess
import sys
import tomllib

SLACK_MAX = 4 / 3

table = tomllib.loads(pathlib.Path("tests/instructions.toml").read_text())
target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target")).absolute()
runner = target / "test-tools" / "gungraun" / "bin" / "gungraun-runner"

ended = subprocess.run(
    [
        *["cargo", "bench", "--profile", "release", "--workspace", "--all-features", "--locked"],
        *["--bench", "instructions", "--", "--output-format=json"],
    ],
    env=os.environ | {"GUNGRAUN_RUNNER": str(runner), "GUNGRAUN_HOME": str(target / "gungraun")},
    stdout=subprocess.PIPE,
    text=True,
)
if ended.returncode:
    sys.exit(f"{ended.stdout}\nthe benches did not run")

counted = {}
for line in ended.stdout.splitlines():
    if not line.startswith("{"):
        continue
    bench = json.loads(line)
    name = ".".join(filter(None, [bench["group"], bench["function_name"], bench.get("id")]))
    callgrind = next(profile for profile in bench["profiles"] if profile["tool"] == "Callgrind")
    total = callgrind["data"]["total"]["metrics"]
    counted[name] = total["Ir"]["values"]["new"]

passed, failed = 0, 0
used = set()
for name, entry in table.items():
    used |= {name, entry.get("beyond")}
    if name not in counted or entry.get("beyond", name) not in counted:
        print(f"{name}: not counted")
        failed += 1
        continue
    total = counted[name] - (counted[entry["beyond"]] if "beyond" in entry else 0)
    each = total / entry["units"]
    verdict = "ok"
    if each > entry["limit"]:
        verdict = "TOO MANY: find out what costs, or raise the limit in the commit that says why"
    elif each * SLACK_MAX < entry["limit"]:
        verdict = "the limit is too far away: lower it"
    print(f"{name}: {each:,.0f} a {entry['unit']}, limit {entry['limit']:,}: {verdict}")
    passed, failed = (passed + 1, failed) if verdict == "ok" else (passed, failed + 1)
for name in sorted(set(counted) - used):
    print(f"{name}: {counted[name]:,} instructions, and no limit in tests/instructions.toml")
    failed += 1
print(f"test result: {'FAILED' if failed else 'ok'}. {passed} passed; {failed} failed; 0 ignored")
sys.exit(1 if failed else 0)
