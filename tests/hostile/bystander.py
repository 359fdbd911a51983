"""Somebody who does nothing wrong, and must not notice who does."""

import http.client
import json
import threading
import time
import uuid

# A message is heard within this; a server in trouble takes seconds, and a machine in trouble tenths.
PATIENCE_S = 5


class Bystander(threading.Thread):
    """Posts ten times a second, and hears each message on a stream."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.token = server.guest("Bystander")
        self._room = server.room(self.token, "quiet-corner")
        headers = {"authorization": f"Bearer {self.token}"}
        self._reading = http.client.HTTPConnection(server.host, timeout=PATIENCE_S)
        self._reading.request("GET", "/v1/events", headers=headers | {"accept": "application/x-ndjson"})
        self._stream = self._reading.getresponse()
        assert json.loads(self._stream.readline())["type"] == "hello"
        self._posting = http.client.HTTPConnection(server.host, timeout=PATIENCE_S)
        self._headers = headers | {"content-type": "application/json"}
        self._leave = threading.Event()
        self.heard = 0
        self.slowest_s = 0.0
        self.trouble = None
        self.start()

    def run(self):
        try:
            while not self._leave.wait(0.1):
                self._talk()
        except Exception as error:
            self.trouble = repr(error)

    def _talk(self):
        started = time.monotonic()
        text = f"no. {self.heard + 1}"
        body = json.dumps({"client_id": str(uuid.uuid4()), "text": text})
        path = f"/v1/conversations/{self._room}/messages"
        self._posting.request("POST", path, body, self._headers)
        answer = self._posting.getresponse()
        told = answer.read()
        assert answer.status == 201, told
        while (record := json.loads(self._stream.readline()))["type"] == "heartbeat":
            pass
        assert record["text"] == text, record
        self.heard += 1
        self.slowest_s = max(self.slowest_s, time.monotonic() - started)

    def leave(self):
        """Whether all was well."""
        self._leave.set()
        self.join()
        self._stream.close()
        self._reading.close()
        self._posting.close()
