"""Broken heads, handshakes and frames, made from right ones."""

import base64
import contextlib
import io
import os
import socket
import tempfile
import unittest

from boofuzz import (
    Block, Byte, Bytes, Delim, DWord, FuzzLoggerText, Group, Request, Session, Static, String, Target,
    TCPSocketConnection, Word,
)

from amount import amount
from attack import MARK, Attack

CASES = amount(4_000)


def head(token, *more):
    """A request's line and headers, each part of which is broken in turn."""
    fields = [("Host", "127.0.0.1"), ("Authorization", f"Bearer {token}"), *more]
    return [
        Group("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"]),
        Delim("space-1", " "),
        String("path", "/v1/events"),
        Delim("space-2", " "),
        String("version", "HTTP/1.1"),
        Static("end-of-line", "\r\n"),
        *(
            Block(f"line-{number}", children=(
                String(f"name-{number}", name),
                Delim(f"colon-{number}", ": "),
                String(f"value-{number}", value),
                Static(f"end-{number}", "\r\n"),
            ))
            for number, (name, value) in enumerate(fields)
        ),
        Static("end-of-head", "\r\n"),
    ]


class Boofuzz(Attack):
    options = ("--limits", "off")

    def fuzz(self, *children, connection=None):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["BOOFUZZ_RESULTS"] = folder
            # Whoever waits for an answer to half a request waits for a deadline.
            connection = connection or TCPSocketConnection(*self.server.address, send_timeout=5, recv_timeout=0.01)
            session = Session(
                target=Target(connection=connection),
                web_port=None,
                sleep_time=0,
                index_end=CASES,
                fuzz_loggers=[FuzzLoggerText(file_handle=io.StringIO())],
                db_filename=os.path.join(folder, "results.db"),
                ignore_connection_reset=True,
                ignore_connection_aborted=True,
                ignore_connection_issues_when_sending_fuzz_data=True,
                check_data_received_each_request=False,
                restart_threshold=1,
                restart_timeout=1,
            )
            session.connect(Request("request", children=children))
            with contextlib.redirect_stdout(io.StringIO()):
                session.fuzz()
            self.assertGreater(session.num_cases_actually_fuzzed, CASES // 2)

    def test_handshakes(self):
        key = base64.b64encode(b"a" * 16).decode()
        self.fuzz(*head(
            self.token,
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", key),
            ("Sec-WebSocket-Protocol", "chinwag.v1.json"),
            ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits=15"),
            ("Origin", f"http://{self.server.host}"),
        ))

    def test_requests_with_a_body(self):
        body = f'{{"name":"{MARK}"}}'
        self.fuzz(
            Static("head", "POST /v1/guests HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"),
            String("name", "Content-Length"),
            Delim("colon", ": "),
            String("length", str(len(body))),
            Static("encoding-name", "\r\nTransfer-Encoding: "),
            String("encoding", "identity"),
            Static("end", "\r\n\r\n"),
            String("size", "10"),
            Delim("line", "\r\n"),
            String("body", body),
        )

    def test_frames(self):
        self.fuzz(
            Byte("first", 0x81),
            Byte("length", 0x80 | 126),
            Word("long-length", 40, endian=">"),
            DWord("mask", 0, endian=">"),
            Bytes("payload", b'{"id":"1","command":"ping","data":"xyzzy"}', size=None),
            connection=OpenWebSocket(*self.server.address, self.token),
        )


class OpenWebSocket(TCPSocketConnection):
    """A connection on which the handshake is over."""

    def __init__(self, host, port, token):
        super().__init__(host, port, send_timeout=5, recv_timeout=0.01)
        self._token = token

    def open(self):
        super().open()
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.send(
            f"GET /v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {self._token}\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: YWFhYWFhYWFhYWFhYWFhYQ==\r\n\r\n".encode()
        )


if __name__ == "__main__":
    unittest.main()
