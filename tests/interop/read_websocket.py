"""Reads by WebSocket with websockets: address, token, cursor and the certificate to trust in, one line for each message
out; what comes in by lines goes up, and the last line is the code of the close. An empty cursor is none."""

import ssl
import sys
import threading

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

address, token, cursor, certificate = sys.argv[1:]
socket = connect(
    f"{address.replace('http', 'ws', 1)}/v1/events{cursor and f'?after={cursor}'}",
    additional_headers={"Authorization": f"Bearer {token}"},
    subprotocols=["chinwag.v1.json"],
    ssl=ssl.create_default_context(cafile=certificate) if address.startswith("https") else None,
    # The proxy settings of the environment are not for servers on this machine.
    proxy=None,
)
assert socket.subprotocol == "chinwag.v1.json"
assert any(extension.name == "permessage-deflate" for extension in socket.protocol.extensions)


def send_lines():
    for line in sys.stdin:
        socket.send(line.rstrip("\n"))


threading.Thread(target=send_lines, daemon=True).start()
try:
    while True:
        print(socket.recv(), flush=True)
except ConnectionClosed as closed:
    print(closed.rcvd.code if closed.rcvd else None)
