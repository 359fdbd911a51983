"""What presence costs the server: connections that each look at the members of their group while some change their status.

TEST_SERVER=target/release/chinwag python3 tests/lib/presence_load.py [connections [changes per second [people in a view [seconds]]]]

Prints one line of JSON: how much of one core the server used while statuses changed, and while nothing did. Fails if that is more
than the limit of a tenth of one core for 10,000 connections, 100 changes a second and 50 people in each view. Wants two
open files for each connection (`ulimit -n`), and a core beside the server's.
"""

import json
import pathlib
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hostile"))

from crowd import Crowd, cpu_s, frame  # noqa: E402
from server import Server  # noqa: E402

# Of one core.
LIMIT = 0.10
SIGNAL = b'"type":"presence"'


def people(server, count, size):
    """Accounts in groups of that size: the token of each, and the ids that it looks at."""

    def guest(number):
        status, answer = server.ask("POST", "/v1/guests", body={"name": f"Guest {number}"})
        assert status == 201, answer
        return answer["token"], answer["account"]["id"]

    def gather(group):
        (owner, _), *_ = group
        body = {"client_id": f"00000000-0000-4000-8000-{random.getrandbits(48):012x}", "title": "Crew"}
        status, made = server.ask("POST", "/v1/groups", owner, body)
        assert status == 201, made
        ids = [account for _, account in group]
        status, added = server.ask("POST", f"/v1/conversations/{made['id']}/members", owner, {"accounts": ids[1:]})
        assert status == 200 and not added["refused"], added
        return [(token, ids) for token, _ in group]

    with ThreadPoolExecutor(16) as pool:
        guests = list(pool.map(guest, range(count)))
        groups = [guests[at : at + size] for at in range(0, count, size)]
        return [person for group in pool.map(gather, groups) for person in group]


def main():
    defaults = [10_000, 100, 50, 20]
    arguments = [int(argument) for argument in sys.argv[1:]]
    connections, rate, looked_at, seconds = arguments + defaults[len(arguments) :]
    server = Server("--limits", "off", "--log", "warn", "--connections-max", "100000")
    pid = server.pid
    crowd = Crowd(server.address, SIGNAL)
    for number, (token, ids) in enumerate(people(server, connections, looked_at)):
        crowd.open(token, {"id": "view", "command": "view", "accounts": ids})
        if number % 100 == 0:
            crowd.read_for(0.01)
    # Until all have come and have been told of.
    before = -1
    while crowd.count != before:
        before = crowd.count
        crowd.read_for(2)

    started, used = time.monotonic(), cpu_s(pid)
    crowd.read_for(seconds)
    idle = (cpu_s(pid) - used) / (time.monotonic() - started)

    away = set()
    signals, changes = crowd.count, 0
    started, used = time.monotonic(), cpu_s(pid)
    while (now := time.monotonic() - started) < seconds:
        while changes < now * rate:
            member = random.randrange(len(crowd.sockets))
            status = "online" if member in away else "away"
            away ^= {member}
            crowd.sockets[member].send(frame({"id": "1", "command": "set_presence", "status": status}))
            changes += 1
        crowd.read_for(0.01)
    elapsed = time.monotonic() - started
    busy = (cpu_s(pid) - used) / elapsed
    crowd.read_for(1)
    told = crowd.count - signals
    figures = {
        "connections": connections,
        "changes_per_second": round(changes / elapsed, 1),
        "people_in_a_view": looked_at,
        "signals_per_second": round(told / elapsed, 1),
        "idle_cores": round(idle, 4),
        "cores": round(busy, 4),
    }
    print(json.dumps(figures))
    # Each change is told to all who look, unless another one of the same account came before the next pass.
    assert told > 0.9 * changes * looked_at, f"only {told} signals came of {changes} changes"
    if (connections, rate, looked_at) == tuple(defaults[:3]):
        assert busy <= LIMIT, f"{busy:.3f} cores are more than {LIMIT}"
    server.stop()


main()
