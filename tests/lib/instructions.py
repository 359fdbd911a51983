"""Counts instructions of the hot paths under valgrind, and holds them against tests/instructions.toml.

    instructions.py            counts and judges
    instructions.py --write    prints the table's counts as they are now

A limit is there so that a change that costs is seen in its commit, so it must be near: one that lies more than a third
above what is counted fails, too.
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

command = ["cargo", "bench", "--workspace", "--all-features", "--locked", "--bench", "instructions"]
arguments = ["--", "--output-format=json", "--save-summary=json"]
environment = os.environ | {"GUNGRAUN_RUNNER": str(runner), "GUNGRAUN_HOME": str(target / "gungraun")}
ended = subprocess.run([*command, *arguments], env=environment, stdout=subprocess.PIPE, text=True)
print(ended.stdout if ended.returncode else "")
if ended.returncode:
    sys.exit("the benches did not run")
