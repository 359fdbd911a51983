#!/usr/bin/env python3
"""Writes the seeds under corpus/. Run it in this folder; the result is committed."""

import json
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

CONVERSATION = "0197a3b0-0000-7000-8000-000000000001"
CLIENT_ID = "0197a3b0-0000-7000-8000-000000000002"


def command(name, **fields):
    return json.dumps({"id": "1", "command": name, **fields}, ensure_ascii=False).encode()


SEND = {"conversation": CONVERSATION, "client_id": CLIENT_ID, "text": "Hello"}
COMMANDS = {
    "open-room": command("open_room", slug="κόσμε"),
    "send": command("send_message", **SEND),
    "send-follows": command("send_message", **SEND, follows=CONVERSATION.upper()),
    "delete": command("delete_message", conversation=CONVERSATION, seq=17),
    "delete-no-row": command("delete_message", conversation=CONVERSATION, seq=1.5e3),
    "leave": command("leave", conversation=f"{{{CONVERSATION}}}"),
    "leave-nothing": command("leave", conversation="here"),
    "sign-out": command("sign_out"),
    "ack": command("ack", cursor="AAAAAAAAAAAAAAAAAAAAAA"),
    "ping": command("ping", data="x" * 100),
    "unknown": command("promote", account=CONVERSATION),
    "no-id": b'{"command":"ping"}',
    "long-id": b'{"id":"%s","command":"ping"}' % (b"x" * 65),
    "twice": b'{"id":"1","id":"2","command":"ping"}',
    "escapes": rb'{"\u0069d":"\u0031","command":"pi\u006eg","data":"\ud83d\ude00\u0000","x":"\ud800"}',
    "deep": b'{"id":"1","command":"ping","x":' + b"[{\"y\":" * 20 + b"1" + b"}]" * 20 + b"}",
    "numbers": b' {"id":"1","command":"ping","data":null,"x":[1e400,-0,1E-7,9007199254740993]} ',
    "array": b"[" * 100,
    "mark": b"\xef\xbb\xbf" + command("ping"),
}

PLACE = bytes.fromhex("0102030405060708090a0b0c0d0e0f10")
TEXTS = b"plain\xfftwo\nlines\r\nid: no\rdata: neither\n\n\xff" + "\u2028\ufeff\0\"\\ 😀".encode()
# The first byte is the record's type, then come ids and place, then texts with 0xff between them.
RECORDS = {
    name: bytes([kind]) + PLACE + TEXTS
    for kind, name in enumerate(
        ["hello", "message", "delete", "conversation", "member", "device", "no-heads", "hidden", "gap", "end"]
    )
} | {"heads": bytes([36]) + PLACE, "latest": b"\x01" + b"\xff" * 16 + TEXTS}

# The first byte says how many mentions there are, four bytes each say where; the rest is the text.
TEXTS_OF_MESSAGES = {
    "plain": b"\x00" + GREEK,
    "styles": b"\x00" + "**a *b*** _c_ ~~d~~ ||e|| ***f*** **g _h** i_ snake_case \\*j* 你**好**".encode(),
    "code": b"\x00`a` ``b`c`` ```d``` `e\n```rust\nfn f() {}\n\n```\ng```\n```",
    "quotes": b"\x00> a\n> > b\n>\n> > > > > c\n>d\n> - e\n>   1. f\n> ```\n> g",
    "lists": b"\x00- a\n  - b\n    - - - - c\n1. d\n   e\n007. f\n1234567890. g\n- ",
    "links": b"\x00see (https://a.example/b_(c)). [d **e**](http://f.example/g_(h)) [i [j](https://k.example)](https://l.example)",
    "no-links": b"\x00[a](javascript:b) [](https://c.example) [https://d.example](https://e.example) https:// [f](https://g",
    "mentions": b"\x03\0\x00\0\x04\0\x05\0\x03\0\x08\0\x02@Ada **@Bob** `@all`",
    "mentions-odd": b"\x07\0\x01\0\x01\0\x00\0\x00\0\x00\0\x03\0\x02\0\x02\0\x09\xff\xff\xff\xff\xff\xff" + "😀[a\n\n> b](https://c)\0".encode(),
}

for target, seeds in {
    "command_parser": COMMANDS,
    "markup": TEXTS_OF_MESSAGES,
    "sse_writer": RECORDS,
    "websocket_connection": CONNECTIONS,
    "websocket_handshake": HANDSHAKES,
    "websocket_inflate": INFLATES,
}.items():
    for name, data in seeds.items():
        write(target, name, data)
