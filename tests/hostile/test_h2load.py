"""Load that takes no answer for granted: many requests at once, and connections that end in the middle of streams."""

import re
import subprocess
import unittest

from amount import amount
from attack import Attack


class H2load(Attack):
    options = ("--limits", "off")

    def warm_up(self):
        self.load("-n", "2000", "-c", "100", path="/v1/session")

    def load(self, *options, path):
        bearer = f"authorization: Bearer {self.token}"
        command = ["h2load", *options, "-H", bearer, f"http://{self.server.host}{path}"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout

    def assert_all_answered(self, output, number):
        done = re.search(r"requests: (\d+) total, .* (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", output)
        self.assertEqual([int(found) for found in done.groups()], [number, number, 0, 0, 0], output)
        statuses = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", output)
        self.assertEqual([int(found) for found in statuses.groups()], [number, 0, 0, 0], output)

    def test_http2_requests(self):
        number = amount(400_000)
        output = self.load("-n", str(number), "-c", "50", "-m", "100", path="/v1/session")
        self.assert_all_answered(output, number)

    def test_http1_requests(self):
        number = amount(200_000)
        output = self.load("--h1", "-n", str(number), "-c", "100", path="/v1/session")
        self.assert_all_answered(output, number)

    def test_commands(self):
        number = amount(40_000)
        output = self.load("-n", str(number), "-c", "20", "-m", "50", "-H", ":method: PUT", path="/v1/rooms/xyzzy")
        self.assert_all_answered(output, number)

    def test_streams_that_are_dropped(self):
        # It opens them, waits for an end that does not come, and goes.
        for _ in range(amount(20)):
            accept = "accept: text/event-stream"
            output = self.load("-D", "2", "-c", "50", "-m", "20", "-H", accept, path="/v1/events")
            self.assertIn(" 0 5xx", output)


if __name__ == "__main__":
    unittest.main()
