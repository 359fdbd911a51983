"""Reads by WebSocket with websockets: address, token, cursor and the certificate to trust in, one line for each message
out; what comes in by lines goes up, and the last line is the code of the close. An empty cursor is none."""

import asyncio
import ssl
import sys
import threading

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

address, token, cursor, certificate = sys.argv[1:]


def send_lines(socket, loop):
    for line in sys.stdin:
        asyncio.run_coroutine_threadsafe(socket.send(line.rstrip("\n")), loop).result()


# Not by two threads: of Python's TLS, which the one that reads and the one that writes would use at once, one in a hundred
# connections then hangs.
async def read():
    socket = await connect(
        f"{address.replace('http', 'ws', 1)}/v1/events{cursor and f'?after={cursor}'}",
        additional_headers={"Authorization": f"Bearer {token}"},
        subprotocols=["chinwag.v1.json"],
        ssl=ssl.create_default_context(cafile=certificate) if address.startswith("https") else None,
        # The proxy settings of the environment are not for servers on this machine.
        proxy=None,
    )
    assert socket.subprotocol == "chinwag.v1.json"
    assert any(extension.name == "permessage-deflate" for extension in socket.protocol.extensions)
    loop = asyncio.get_running_loop()
    threading.Thread(target=send_lines, args=(socket, loop), daemon=True).start()
    try:
        while True:
            print(await socket.recv(), flush=True)
    except ConnectionClosed as closed:
        print(closed.rcvd.code if closed.rcvd else None)


asyncio.run(read())
