"""Puts the reports of the load tool that lie in a folder into its figures.json, each under its file's name."""

import json
import pathlib
import re
import sys

folder = pathlib.Path(sys.argv[1])


def of_report(report):
    (run,) = report["runs"]
    for latency in run["latencies"]:
        # The points of a plot are many, and are in the tool's own pages.
        del latency["curve"]
    for figure in run["figures"]:
        if figure["floor"]:
            value, floor = figure["value"], figure["floor"]["value"]
            # A rate's floor is the most that is possible.
            figure["ratio"] = floor / value if figure["unit"].endswith("/s") else value / floor
    # The folders of the machine that it ran on mean nothing elsewhere.
    command = re.sub(r"(?<= )/\S*/", "", report["command"].split(" --json")[0])
    return {"command": command, "machine": report["machine"]} | run


files = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
reports = {file.stem: json.loads(file.read_text()) for file in files if file.stem not in ("figures", "seeds")}
figures = {name: of_report(report) for name, report in reports.items()}
(folder / "figures.json").write_text(json.dumps(figures, indent=2))
