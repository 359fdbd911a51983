"""What it costs the server to tell who has received and read what, and that it costs nothing where nobody is told.

TEST_SERVER=target/release/chinwag python3 tests/lib/receipts_load.py [readers in the room [seconds]]

A group of 256, all of them there, in which members write 10 messages a second and everybody acknowledges and reads every 2
seconds; the same with receipts switched off by everybody; and a room in which one writes 10 messages a second and all
others acknowledge every 2 seconds. Prints one line of JSON: what the server used for each message of the group, and how many events the room's
log got for each message. Fails if readers of the room have any. Wants two open files for each reader, and a core beside
the server's.
"""

import json
import pathlib
import random
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hostile"))

from crowd import Crowd, cpu_s, frame  # noqa: E402
from server import Server  # noqa: E402

MEMBERS = 256
MESSAGES_PER_S = 10
ACKNOWLEDGED_EVERY_S = 2
MESSAGE = b'"type":"message"'


def start():
    return Server("--limits", "off", "--log", "warn", "--connections-max", "100000")


def guests(server, count):
    def guest(number):
        status, answer = server.ask("POST", "/v1/guests", body={"name": f"Guest {number}"})
        assert status == 201, answer
        return answer["token"], answer["account"]["id"]

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(guest, range(count)))


def identifier():
    return f"00000000-0000-4000-8000-{random.getrandbits(48):012x}"


def published(server):
    """Events that were committed."""
    return int(re.search(r"^chinwag_hub_published_total (\d+)$", server.metrics(), re.MULTILINE)[1])


def converse(server, crowd, conversation, writers, seconds, reads):
    """Messages at their rate; all acknowledge, spread over the time, and read if `reads`. How many were written."""
    started, messages, acknowledged = time.monotonic(), 0, 0
    while (now := time.monotonic() - started) < seconds:
        while messages < now * MESSAGES_PER_S:
            message = {"id": "m", "command": "send_message", "conversation": conversation}
            message |= {"client_id": identifier(), "text": "hello"}
            random.choice(writers).send(frame(message))
            messages += 1
        while acknowledged < now * len(crowd.sockets) / ACKNOWLEDGED_EVERY_S:
            member = crowd.sockets[acknowledged % len(crowd.sockets)]
            acknowledged += 1
            if cursor := crowd.cursors.get(member.fileno()):
                member.send(frame({"id": "a", "command": "ack", "cursor": cursor}))
            if reads and messages > 1:
                member.send(frame({"id": "r", "command": "read", "conversation": conversation, "seq": messages - 1}))
        crowd.read_for(0.01)
    crowd.read_for(3)
    return messages


def group(seconds, receipts):
    """CPU and events of each message in a group."""
    server = start()
    people = guests(server, MEMBERS)
    owner = people[0][0]
    status, made = server.ask("POST", "/v1/groups", owner, {"client_id": identifier(), "title": "Crew"})
    assert status == 201, made
    accounts = [account for _, account in people[1:]]
    status, added = server.ask("POST", f"/v1/conversations/{made['id']}/members", owner, {"accounts": accounts})
    assert status == 200 and not added["refused"], added
    if not receipts:
        for token, _ in people:
            status, _ = server.ask("PATCH", "/v1/account/preferences", token, {"receipts": False})
            assert status == 200
    crowd = Crowd(server.address, MESSAGE)
    for token, _ in people:
        crowd.open(token)
    crowd.read_for(2)
    used, events = cpu_s(server.pid), published(server)
    messages = converse(server, crowd, made["id"], crowd.sockets, seconds, reads=True)
    used, events = cpu_s(server.pid) - used, published(server) - events
    assert crowd.count == messages * MEMBERS, f"{crowd.count} of {messages * MEMBERS} came"
    server.stop()
    return {
        "messages": messages,
        "cpu_ms_per_message": round(1000 * used / messages, 2),
        "cpu_us_per_record_of_a_message": round(1_000_000 * used / messages / MEMBERS, 2),
        "events_per_message": round(events / messages, 2),
    }


def room(readers, seconds):
    """Events of each message in a room."""
    server = start()
    people = guests(server, readers)
    conversation = server.room(people[0][0], "hall")
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda person: server.room(person[0], "hall"), people[1:]))
    crowd = Crowd(server.address, MESSAGE)
    for number, (token, _) in enumerate(people):
        crowd.open(token)
        if number % 100 == 0:
            crowd.read_for(0.01)
    crowd.read_for(2)
    used, events = cpu_s(server.pid), published(server)
    messages = converse(server, crowd, conversation, crowd.sockets[:1], seconds, reads=False)
    deadline = time.monotonic() + 120
    while crowd.count < messages * readers:
        assert time.monotonic() < deadline, f"{crowd.count} of {messages * readers} came"
        crowd.read_for(0.5)
    used, events = cpu_s(server.pid) - used, published(server) - events
    server.stop()
    return {
        "readers": readers,
        "messages": messages,
        "events": events,
        "cpu_ms_per_message": round(1000 * used / messages, 2),
    }


def main():
    defaults = [10_000, 20]
    arguments = [int(argument) for argument in sys.argv[1:]]
    readers, seconds = arguments + defaults[len(arguments) :]
    figures = {
        "group": group(seconds, receipts=True),
        "group_without_receipts": group(seconds, receipts=False),
        "room": room(readers, seconds),
    }
    print(json.dumps(figures))
    told = figures["room"]
    # The writer's own marker moves once in 64 of its messages.
    own = told["messages"] // 64 + 1
    assert told["events"] <= told["messages"] + own, f"readers have committed {told['events'] - told['messages']} events"


main()
