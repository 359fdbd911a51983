#!/usr/bin/env python3
"""Writes the seeds under corpus/. Run it in this folder; the result is committed."""

import zlib
from pathlib import Path

KEY = bytes([0x37, 0xFA, 0x21, 0x3D])


def frame(first, payload=b"", mask=True):
    length = len(payload)
    bit = 0x80 if mask else 0
    head = bytes([first, bit | length]) if length < 126 else bytes([first, bit | 126]) + length.to_bytes(2, "big")
    if not mask:
        return head + payload
    return head + KEY + bytes(byte ^ KEY[index % 4] for index, byte in enumerate(payload))


def deflate(message, level=9, final=False):
    stream = zlib.compressobj(level, zlib.DEFLATED, -15)
    data = stream.compress(message)
    return data + stream.flush() + b"\0" if final else (data + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]


def write(target, name, data):
    folder = Path("corpus") / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed-{name}").write_bytes(data)


GREEK = "κόσμε 😀".encode()

# The first byte is the target's options: 0 a server, 1 a client, 2 with compression, the rest the size of pieces.
CONNECTIONS = {
    "text": b"\x00" + frame(0x81, b"Hello"),
    "client": b"\x01" + frame(0x81, GREEK, mask=False) + frame(0x88, b"\x03\xe8", mask=False),
    "fragments": b"\x04" + frame(0x01, GREEK[:3]) + frame(0x89, b"ping") + frame(0x00, b"") + frame(0x80, GREEK[3:]),
    "close": b"\x00" + frame(0x88, b"\x03\xe9going away") + frame(0x81, b"late"),
    "length-16": b"\x08" + frame(0x82, bytes(600)),
    "too-long": b"\x00" + frame(0x82, bytes(601))[:8],
    "length-64": b"\x00\x82\xff\x80" + bytes(7) + KEY,
    "unmasked": b"\x00" + frame(0x81, b"Hello", mask=False),
    "not-utf8": b"\x00" + frame(0x01, b"ok\xf4\x90"),
    "compressed": b"\x02" + frame(0xC1, deflate(b"Hello")) + frame(0x81, b"plain"),
    "compressed-fragments": b"\x0e" + frame(0x42, deflate(b"abc" * 300)[:4]) + frame(0x80, deflate(b"abc" * 300)[4:]),
    "bomb": b"\x02" + frame(0xC2, deflate(bytes(100_000))),
}

UPGRADE = b"Host: example.com\nUpgrade: websocket\nConnection: keep-alive, Upgrade\nSec-WebSocket-Version: 13\n"
SAMPLE = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n"
HANDSHAKES = {
    "request": UPGRADE + SAMPLE + b"Sec-WebSocket-Protocol: chat, superchat\n",
    "chromium": UPGRADE + SAMPLE + b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\n",
    "offers": UPGRADE
    + SAMPLE
    + b'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits="9", permessage-deflate; a=b, x\n',
    "answer": b"Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n"
    b"Sec-WebSocket-Protocol: chat\n"
    b"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_max_window_bits=9\n",
    "no-key": UPGRADE,
}

INFLATES = {
    "hello": deflate(b"Hello"),
    "empty": b"\0",
    "stored": deflate(b"Hello", level=0),
    "final": deflate(b"Hello", final=True),
    "two-finals": deflate(b"Hello", final=True)[:-1] + deflate(b"Hello"),
    "dynamic": deflate(b"".join(bytes([byte]) * (byte % 7) for byte in range(256))),
    "bomb": deflate(bytes(1_000_000)),
}

for target, seeds in {
    "websocket_connection": CONNECTIONS,
    "websocket_handshake": HANDSHAKES,
    "websocket_inflate": INFLATES,
}.items():
    for name, data in seeds.items():
        write(target, name, data)
