"""Commands that a mutator has been at, up WebSockets."""

import asyncio
import json
import unittest
import uuid

import pyradamsa
import websockets

from amount import amount
from attack import MARK, Attack

FRAMES = amount(100_000)
CONNECTIONS = 4
# The client's own faults, of the table in docs/protocol.md.
CLOSE_CODES = {1002, 1003, 1007, 1009, 1012, 4001}


class Radamsa(Attack):
    options = ("--limits", "off")

    def test_commands(self):
        asyncio.run(self.everybody())

    async def everybody(self):
        shares = [range(number, FRAMES, CONNECTIONS) for number in range(CONNECTIONS)]
        tokens = [self.server.guest(MARK) for _ in shares]
        await asyncio.gather(*(self.somebody(token, share) for token, share in zip(tokens, shares)))

    async def somebody(self, token, seeds):
        radamsa = pyradamsa.Radamsa()
        seeds = iter(seeds)
        sent = 0
        while True:
            headers = {"Authorization": f"Bearer {token}"}
            url = f"ws://{self.server.host}/v1/events"
            try:
                connection = await websockets.connect(url, additional_headers=headers, max_size=None)
            except websockets.InvalidStatus as refused:
                # It has signed itself out a moment after the connection was closed for something else.
                self.assertEqual(refused.response.status_code, 401)
                token = await asyncio.to_thread(self.server.guest, MARK)
                continue
            async with connection as socket:
                reading = asyncio.create_task(self.read(socket))
                try:
                    for seed in seeds:
                        frame = radamsa.fuzz(self.example(seed).encode(), seed=seed)[: 200 << 10]
                        try:
                            await socket.send(frame.decode())
                        except UnicodeDecodeError:
                            # As text, but none: the connection ends for it, so only now and then.
                            if seed % 100 < CONNECTIONS:
                                await socket.send(frame, text=True)
                            continue
                        sent += 1
                        if sent % 16 == 0:
                            await self.is_alive(socket)
                except websockets.ConnectionClosed as closed:
                    self.assertIn(closed.rcvd and closed.rcvd.code, CLOSE_CODES, f"seed {seed}")
                    # It may have signed itself out.
                    status, _ = await asyncio.to_thread(self.server.ask, "GET", "/v1/session", token)
                    token = token if status == 200 else await asyncio.to_thread(self.server.guest, MARK)
                    continue
                finally:
                    await socket.close()
                    await reading
                return

    async def is_alive(self, socket):
        """Waits for the library's own ping, which is answered in between commands."""
        answered = await socket.ping()
        await asyncio.wait_for(answered, 30)

    async def read(self, socket):
        """Everything that comes is a record or an answer, and no answer is a failure of the server's."""
        try:
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "problem":
                    self.assertLess(message["problem"]["status"], 500, message)
        except websockets.ConnectionClosed:
            pass

    def example(self, seed):
        client_id = str(uuid.UUID(int=seed, version=4))
        examples = [
            {"command": "open_room", "slug": "tea"},
            {"command": "send_message", "conversation": self.room, "client_id": client_id, "text": MARK},
            {"command": "delete_message", "conversation": self.room, "seq": 1},
            {"command": "ack", "cursor": "A" * 22},
            {"command": "ping", "data": MARK},
            {"command": "leave", "conversation": client_id},
            {"command": "sign_out"},
        ]
        # Whoever is signed out must come again, so only now and then.
        return json.dumps({"id": str(seed)} | (examples[6] if seed % 500 == 499 else examples[seed % 6]))


if __name__ == "__main__":
    unittest.main()
