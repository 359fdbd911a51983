"""Writes evidence/SECTION.json: what was run, on what, and what came out."""

import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys

section, (passed, failed, skipped) = sys.argv[1], map(int, sys.argv[2:])


def git(*arguments):
    return subprocess.check_output(["git", *arguments], text=True).strip()


def left_by_section(name):
    path = pathlib.Path(os.environ["EVIDENCE"], name)
    return json.loads(path.read_text()) if path.exists() else {}


def first_value(path, key):
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.split(":", 1)[1].strip()
    return None


evidence = {
    "commit": git("rev-parse", "HEAD"),
    # An evidence file written a minute ago changes nothing in what is tested.
    "dirty": git("status", "--porcelain", "--", ":!evidence") != "",
    "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    "machine": {
        "cores": os.cpu_count(),
        "memory": first_value("/proc/meminfo", "MemTotal"),
        "kernel": platform.release(),
        "cpu": first_value("/proc/cpuinfo", "model name"),
    },
    "seeds": left_by_section("seeds.json"),
    "counts": {"passed": passed, "failed": failed, "skipped": skipped},
    "figures": left_by_section("figures.json"),
    "result": "passed" if failed == 0 and skipped == 0 and passed > 0 else "failed",
}
path = pathlib.Path("evidence", f"{section}.json")
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(evidence, indent=2) + "\n")
print(f"Wrote {path}")
