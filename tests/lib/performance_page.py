"""Brings the figures of evidence/perf.json into docs/performance.md, and its curves into docs/performance/*.svg.

    python3 tests/lib/performance_page.py

`tests/test_docs.py` checks that this was done.
"""

import html
import json
import math
import pathlib

BEGIN, END = "<!-- figures: from evidence/perf.json -->", "<!-- end of figures -->"

# Which runs stand on the page, in order, and what is said of them.
RUNS = {
    "room-1": "A room of 1,000 readers, one message outstanding",
    "room-64": "A room of 1,000 readers, 64 messages outstanding",
    "pairs": "100 pairs, one-to-one, 1,000 messages outstanding, each on the disk before it is acknowledged",
    "idle-websocket": "19,000 idle WebSockets",
    "idle-sse": "19,000 idle streams of Server-Sent Events",
    "idle-stream": "19,000 idle HTTP streams",
    "idle-long-poll": "10,000 held polls",
    "idle-websocket-tls": "10,000 idle WebSockets under TLS",
    "idle-websocket-http2": "10,000 idle WebSockets, a hundred on each HTTP/2 connection",
    "idle-websocket-http2-tls": "The same under TLS",
    "storm": "The server is killed under 10,000 WebSockets, which come back by the client's rules",
    "storm-at-once": "The same, and all come back in the same moment",
    "storm-dropped": "10,000 WebSockets drop, and all come back in the same moment",
    "storm-sse": "The server is killed under 10,000 streams of Server-Sent Events",
    "catch-up": "A reader comes back for 1,000 messages in 100 of its 10,000 conversations, by WebSocket",
    "catch-up-sse": "The same by Server-Sent Events",
    "append": "The store alone, at ten million messages",
}

# Curves: the file, and the run and the name of its series.
CURVES = {
    "delivery": ("room-curve", "server CPU per delivery"),
    "append": ("append", "writer CPU per message"),
    "catch-up": ("append", "catch-up page of 1,000 messages"),
    "idle-memory": ("idle-websocket", "server memory"),
    "idle-cpu": ("idle-websocket", "server CPU while idle"),
}

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 340, 64, 40, 40, 48


def number(value):
    """Three digits that count."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def table(run):
    lines = ["| | | floor | times the floor |", "| --- | --- | --- | --- |"]
    for figure in run["figures"]:
        row = [figure["name"], f"{number(figure['value'])} {figure['unit']}", "", ""]
        if figure["floor"]:
            row[2] = f"{number(figure['floor']['value'])} ({figure['floor']['name']})"
            row[3] = number(figure["ratio"])
        lines.append(f"| {' | '.join(row)} |")
    for latency in run["latencies"]:
        times = ", ".join(f"{number(latency[key] / 1000)}" for key in ("p50", "p99", "max"))
        lines.append(f"| {latency['name']}: half, 99 in 100, all within | {times} ms | | |")
    deliveries = run["deliveries"]
    if deliveries and deliveries["expected"] == deliveries["delivered"]:
        lines.append(f"| deliveries, each exactly once and in order | {deliveries['delivered']:,} | | |")
    return lines


def section(evidence):
    runs, machine = evidence["figures"], evidence["machine"]
    if "room-1" not in runs:
        return ["Not measured yet."]
    cores = runs["room-1"]["machine"]
    lines = [
        f"Measured {evidence['date'][:10]} at commit {evidence['commit'][:12]}: {machine['cpu']}, {machine['cores']} cores, "
        f"Linux {machine['kernel']}, {machine['memory']} of memory; the server on core {cores['server_cores']}, the tool on core "
        f"{cores['tool_cores']}."
    ]
    for name, title in RUNS.items():
        if name in runs:
            command = runs[name]["command"]
            lines += ["", f"### {title}", "", *table(runs[name])]
            if runs[name]["notes"]:
                lines += ["", *(f"- {note}" for note in runs[name]["notes"])]
            if "--certificate" not in command and "--data" not in command:
                lines += ["", f"`{command}`"]
    lines += ["", "### As the work grows", ""]
    lines += ["Both axes go in powers of ten: a level line means that the cost does not grow with the work.", ""]
    for name, (run, series_name) in CURVES.items():
        for series in series_of(evidence, run, series_name):
            lines.append(f"![{series_name}, over {series['x']}](performance/{name}.svg)")
    return lines


def series_of(evidence, run, name):
    return [series for series in evidence["figures"].get(run, {}).get("series", []) if series["name"] == name]


def svg(series):
    """A plot with both axes in powers of ten: what stays level does not grow with the work."""
    points, floor = series["points"], series["floor"]
    xs = [x for x, _ in points]
    ys = [y for _, y in points + floor if y > 0]
    x_low, x_high = math.floor(math.log10(min(xs))), math.ceil(math.log10(max(xs)))
    y_low, y_high = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
    y_high = max(y_high, y_low + 1)

    def x_at(x):
        return LEFT + (math.log10(x) - x_low) / max(1, x_high - x_low) * (WIDTH - LEFT - RIGHT)

    def y_at(y):
        return HEIGHT - BOTTOM - (math.log10(max(y, 10**y_low)) - y_low) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM)

    def text(x, y, words, anchor="middle"):
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(words)}</text>'

    def line(values, style):
        places = " ".join(f"{x_at(x):.1f},{y_at(y):.1f}" for x, y in values)
        return f'<polyline points="{places}" fill="none" {style}/>'

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{html.escape(series["name"])}, {html.escape(series["unit"])}</text>',
    ]
    for power in range(x_low, x_high + 1):
        x = x_at(10**power)
        parts.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        parts.append(text(x, HEIGHT - BOTTOM + 16, f"{10**power:,}"))
    for power in range(y_low, y_high + 1):
        y = y_at(10**power)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(text(LEFT - 6, y + 4, f"{10**power:g}", "end"))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, series["x"]))
    if floor:
        parts.append(line(floor, 'stroke="#888" stroke-width="2" stroke-dasharray="6 4"'))
        parts.append(text(x_at(floor[-1][0]) - 4, y_at(floor[-1][1]) + 16, "floor", "end"))
    parts.append(line(points, 'stroke="#0b62a3" stroke-width="2"'))
    for x, y in points:
        parts.append(f'<circle cx="{x_at(x):.1f}" cy="{y_at(y):.1f}" r="3" fill="#0b62a3"/>')
        parts.append(text(x_at(x), y_at(y) - 8, number(y)))
    return "\n".join([*parts, "</svg>", ""])


def pages(root):
    """Every file that is made from the evidence, with what should stand in it."""
    evidence = json.loads((root / "evidence/perf.json").read_text())
    page = root / "docs/performance.md"
    before, rest = page.read_text().split(BEGIN)
    after = rest.split(END)[1]
    made = {page: "\n".join([before + BEGIN, *section(evidence), END]) + after}
    for name, (run, series_name) in CURVES.items():
        for series in series_of(evidence, run, series_name):
            made[root / f"docs/performance/{name}.svg"] = svg(series)
    return made


if __name__ == "__main__":
    for path, text in pages(pathlib.Path(__file__).resolve().parent.parent.parent).items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        print(path)
