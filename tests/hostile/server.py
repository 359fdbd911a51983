"""The real server in a process of its own, and what it holds for its clients."""

import collections
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

BINARY = os.environ["TEST_SERVER"]
PATIENCE_S = 60
# What is held for clients; without them, nothing of it is left.
HELD = (
    "chinwag_gateway_connections",
    "chinwag_gateway_http2_streams",
    "chinwag_hub_streams",
    "chinwag_hub_polls",
)

Held = collections.namedtuple("Held", ["counts", "descriptors", "kibibytes"])


class Server:
    def __init__(self, *options):
        self._data = tempfile.TemporaryDirectory()
        # It does not say which port it has taken for this.
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._admin = f"127.0.0.1:{probe.getsockname()[1]}"
        command = [BINARY, "--listen", "127.0.0.1:0", "--admin-listen", self._admin]
        # Each keeps 19 MiB; how many there are is not to hang on the machine.
        command += ["--password-hashes-at-once", "1"]
        self._process = subprocess.Popen(
            [*command, "--data", self._data.name, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.output = ""
        self.host = None
        # A pipe that nobody reads would stop the server one day.
        threading.Thread(target=self._read, daemon=True).start()
        deadline = time.monotonic() + PATIENCE_S
        while not self.host:
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise AssertionError(f"The server does not start:\n{self.output}")
            time.sleep(0.02)

    def _read(self):
        for line in self._process.stdout:
            self.output += line
            if found := re.match(r"Open http://(\S+)/$", line):
                self.host = found[1]

    @property
    def pid(self):
        return self._process.pid

    @property
    def address(self):
        host, port = self.host.split(":")
        return host, int(port)

    def ask(self, method, path, token=None, body=None):
        """A request on a connection of its own; its status and JSON."""
        connection = http.client.HTTPConnection(self.host, timeout=PATIENCE_S)
        headers = {"content-type": "application/json"} if body is not None else {}
        if token:
            headers["authorization"] = f"Bearer {token}"
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if text else None

    def guest(self, name="Guest"):
        status, answer = self.ask("POST", "/v1/guests", body={"name": name})
        assert status == 201, answer
        return answer["token"]

    def room(self, token, slug):
        status, answer = self.ask("PUT", f"/v1/rooms/{slug}", token)
        assert status < 300, answer
        return answer["conversation"]["id"]

    def metrics(self):
        connection = http.client.HTTPConnection(self._admin, timeout=PATIENCE_S)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return text

    def held(self):
        values = dict(line.rsplit(" ", 1) for line in self.metrics().splitlines() if not line.startswith("#"))
        process = pathlib.Path("/proc", str(self._process.pid))
        resident = re.search(r"^VmRSS:\s+(\d+) kB", (process / "status").read_text(), re.MULTILINE)
        return Held([int(values[name]) for name in HELD], len(os.listdir(process / "fd")), int(resident[1]))

    def server_errors(self):
        lines = re.findall(r'^chinwag_gateway_requests_total\{.*status="ServerError".*$', self.metrics(), re.MULTILINE)
        return [line for line in lines if not line.endswith(" 0")]

    def stores(self, secret):
        """Whether a file of its data holds it in the clear."""
        files = (path for path in pathlib.Path(self._data.name).rglob("*") if path.is_file())
        return any(secret.encode() in path.read_bytes() for path in files)

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(PATIENCE_S)
        self._process.stdout.close()
        self._data.cleanup()
        assert code == 0, f"The server ended with {code}:\n{self.output}"
