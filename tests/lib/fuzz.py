"""Fuzzes each target of fuzz/ for half an hour, some side by side, with AddressSanitizer. Any finding fails.

Leaves figures.json, seeds.json and what fails in $EVIDENCE. CHINWAG_FUZZ_SECONDS shortens it. What the fuzzer learns
stays in the target directory, and the next run goes on from there.
"""

import concurrent.futures
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tomllib

CARGO_FUZZ = "0.13.2"
# A little more than what is promised, for what it takes to begin.
SECONDS = int(os.environ.get("CHINWAG_FUZZ_SECONDS", 31 * 60))
SIDE_BY_SIDE = 6
INPUT_BYTES_MAX = 4096
INPUT_SECONDS_MAX = 10

root = pathlib.Path(__file__).parents[2]
target_directory = pathlib.Path(os.environ["CARGO_TARGET_DIR"])
evidence = pathlib.Path(os.environ["EVIDENCE"])


def need(what):
    sys.exit(f"Missing: {what}")


def cargo(*arguments, **environment):
    tools = target_directory / "test-tools/bin"
    path = f"{tools}:{os.environ['PATH']}"
    subprocess.run(["cargo", *arguments], cwd=root, env=os.environ | {"PATH": path} | environment, check=True)


def prepare():
    if subprocess.run(["cargo", "+nightly", "--version"], capture_output=True).returncode != 0:
        need("a nightly Rust for the sanitizer: rustup toolchain install nightly --profile minimal")
    if shutil.which("c++") is None:
        need("a C++ compiler for libFuzzer: apt install build-essential")
    if not (target_directory / "test-tools/bin/cargo-fuzz").exists():
        tools = str(target_directory / "test-tools")
        cargo("install", "cargo-fuzz", "--version", CARGO_FUZZ, "--locked", "--root", tools)
    # The page is no part of what is fuzzed.
    page = evidence / "page"
    page.mkdir(exist_ok=True)
    (page / "index.html").touch()
    cargo("+nightly", "fuzz", "build", "--target-dir", str(fuzzers()), CHINWAG_WEB_DIST=str(page))


def fuzzers():
    return target_directory / "fuzz"


def fuzz(name, seed):
    binary = next(fuzzers().glob(f"*/release/{name}"))
    learned = target_directory / "fuzz-corpus" / name
    learned.mkdir(parents=True, exist_ok=True)
    log = evidence / f"{name}.log"
    command = [binary, learned, root / "fuzz/corpus" / name, f"-max_total_time={SECONDS}", f"-seed={seed}"]
    command += [f"-max_len={INPUT_BYTES_MAX}", f"-timeout={INPUT_SECONDS_MAX}", "-print_final_stats=1"]
    command += [f"-artifact_prefix={evidence}/{name}-", "-verbosity=1"]
    with log.open("w") as output:
        # As cargo-fuzz has it: statics of several crates may have one name.
        environment = os.environ | {"ASAN_OPTIONS": "detect_odr_violation=0"}
        ended = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
    text = log.read_text(errors="replace")
    failed = ended.returncode != 0
    if failed:
        print(text[-10_000:])
    print(f"{name}: {'failed' if failed else 'ok'}", flush=True)
    return name, failed, figures(text)


def figures(log):
    stats = dict(re.findall(r"^stat::(\w+):\s+(\d+)", log, re.MULTILINE))
    coverage = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", log)
    done = re.findall(r"^Done \d+ runs in (\d+) second", log, re.MULTILINE)
    edges, features, inputs = map(int, coverage[-1]) if coverage else (0, 0, 0)
    return {
        "runs": int(stats.get("number_of_executed_units", 0)),
        "seconds": int(done[-1]) if done else 0,
        "runs_per_second": int(stats.get("average_exec_per_sec", 0)),
        "coverage_edges": edges,
        "coverage_features": features,
        "corpus_inputs": inputs,
    }


names = [binary["name"] for binary in tomllib.loads((root / "fuzz/Cargo.toml").read_text())["bin"]]
prepare()
seeds = {name: random.SystemRandom().randrange(1, 2**31) for name in names}
(evidence / "seeds.json").write_text(json.dumps(seeds))
with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
    results = list(pool.map(fuzz, names, seeds.values()))
(evidence / "figures.json").write_text(json.dumps({"fuzz": {name: figure for name, _, figure in results}}, indent=2))
# One that ended early is no run either.
bad = [name for name, failed, figure in results if failed or figure["seconds"] < SECONDS]
print(f"test result: {'FAILED' if bad else 'ok'}. {len(names) - len(bad)} passed; {len(bad)} failed; 0 ignored;")
sys.exit(bool(bad))
