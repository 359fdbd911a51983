"""What presence costs the server: connections that each look at the members of their group while some change their status.

TEST_SERVER=target/release/chinwag python3 tests/lib/presence_load.py [connections [changes per second [people in a view [seconds]]]]

Prints one line of JSON: how much of one core the server used while statuses changed, and while nothing did. Fails if that is more
than the limit of a tenth of one core for 10,000 connections, 100 changes a second and 50 people in each view. Wants two
open files for each connection (`ulimit -n`), and a core beside the server's.
"""

import base64
import json
import os
import pathlib
import random
import select
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hostile"))

from server import Server  # noqa: E402

# Of one core.
LIMIT = 0.10
PATIENCE_S = 120
MASK = bytes([1, 2, 3, 4])
SIGNAL = b'"type":"presence"'


def frame(message):
    """A masked text frame."""
    payload = json.dumps(message).encode()
    length = bytes([0x80 | len(payload)]) if len(payload) < 126 else bytes([0xFE]) + len(payload).to_bytes(2, "big")
    return b"\x81" + length + MASK + bytes(byte ^ MASK[at % 4] for at, byte in enumerate(payload))


def cpu_s(pid):
    """What a process has used."""
    fields = pathlib.Path("/proc", str(pid), "stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Crowd:
    """WebSockets of which nothing is kept but how many signals came."""

    def __init__(self, address):
        self._address = address
        self._poll = select.epoll()
        self.sockets = []
        self._by_fd = {}
        self.signals = 0

    def open(self, token, view):
        connection = socket.create_connection(self._address, timeout=PATIENCE_S)
        key = base64.b64encode(os.urandom(16)).decode()
        connection.sendall(
            f"GET /v1/events HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\nconnection: Upgrade\r\n"
            f"upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n\r\n".encode()
        )
        connection.sendall(frame({"id": "view", "command": "view", "accounts": view}))
        connection.setblocking(False)
        self._poll.register(connection, select.EPOLLIN)
        self._by_fd[connection.fileno()] = connection
        self.sockets.append(connection)

    def read_for(self, seconds):
        """Takes what comes until then."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            for fd, _ in self._poll.poll(left):
                try:
                    data = self._by_fd[fd].recv(1 << 16)
                except BlockingIOError:
                    continue
                if not data:
                    raise AssertionError("the server has closed a connection")
                self.signals += data.count(SIGNAL)


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
    crowd = Crowd(server.address)
    for number, (token, ids) in enumerate(people(server, connections, looked_at)):
        crowd.open(token, ids)
        if number % 100 == 0:
            crowd.read_for(0.01)
    # Until all have come and have been told of.
    before = -1
    while crowd.signals != before:
        before = crowd.signals
        crowd.read_for(2)

    started, used = time.monotonic(), cpu_s(pid)
    crowd.read_for(seconds)
    idle = (cpu_s(pid) - used) / (time.monotonic() - started)

    away = set()
    signals, changes = crowd.signals, 0
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
    told = crowd.signals - signals
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
