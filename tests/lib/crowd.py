"""Many WebSockets of which little is kept, and what a server used for them."""

import base64
import json
import os
import pathlib
import re
import select
import socket
import time

PATIENCE_S = 120
MASK = bytes([1, 2, 3, 4])
CURSOR = re.compile(rb'"cursor":"([^"]+)"')


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
    """WebSockets of which nothing is kept but how often something came, and the last cursor of each."""

    def __init__(self, address, counted):
        self._address = address
        self._counted = counted
        self._poll = select.epoll()
        self.sockets = []
        self._by_fd = {}
        self.cursors = {}
        self.count = 0

    def open(self, token, *commands):
        connection = socket.create_connection(self._address, timeout=PATIENCE_S)
        key = base64.b64encode(os.urandom(16)).decode()
        connection.sendall(
            f"GET /v1/events HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\nconnection: Upgrade\r\n"
            f"upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n\r\n".encode()
        )
        for command in commands:
            connection.sendall(frame(command))
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
                self.count += data.count(self._counted)
                if found := CURSOR.findall(data):
                    self.cursors[fd] = found[-1].decode()
