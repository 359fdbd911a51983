"""What must hold after each attack."""

import re
import time
import unittest

from bystander import Bystander
from server import PATIENCE_S, Server

# What the allocator keeps of a peak, and what the log takes that the bystander writes.
KIBIBYTES_MORE = 48 << 10
# Four readers of the database open two files each when they are first needed.
DESCRIPTORS_MORE = 8
# Part of every text and name that an attack sends.
MARK = "xyzzy"


class Attack(unittest.TestCase):
    """A server under attack beside a bystander. Afterwards it must be as it was."""

    options = ()

    def setUp(self):
        self.server = Server(*self.options)
        # A token that an attack uses must not stand in the log either.
        self.token = self.server.guest(MARK)
        self.room = self.server.room(self.token, "tea")
        self.warm_up()
        self.before = self._at_rest()
        self.bystander = Bystander(self.server)

    def warm_up(self):
        """What is allocated once, at the first of its kind."""

    def tearDown(self):
        time.sleep(0.3)
        self.bystander.leave()
        try:
            self._judge()
        finally:
            self.server.stop()
        trouble = [line for line in self.server.output.splitlines() if re.search(r"\b(WARN|ERROR)\b|panicked", line)]
        self.assertEqual([line for line in trouble if "are off: for measuring only" not in line], [])

    def _judge(self):
        self.assertIsNone(self.bystander.trouble)
        self.assertGreater(self.bystander.heard, 0)
        self.assertEqual(self.server.server_errors(), [])
        for token in (self.token, self.bystander.token):
            self.assertNotIn(token, self.server.output, "a token in the log")
            self.assertFalse(self.server.stores(token), "a token in data")
        self.assertNotIn(MARK, self.server.output, "a name or text in the log")
        deadline = time.monotonic() + PATIENCE_S
        while self._is_more(now := self.server.held()):
            self.assertLess(time.monotonic(), deadline, f"before {self.before}, and now {now}")
            time.sleep(0.1)
        slowest_ms = round(1000 * self.bystander.slowest_s)
        print(f"    the bystander heard {self.bystander.heard}, the slowest after {slowest_ms} ms;"
              f" {self.before.kibibytes >> 10} MiB before, {now.kibibytes >> 10} MiB after", flush=True)

    def _is_more(self, now):
        return (
            now.counts != self.before.counts
            or now.descriptors > self.before.descriptors + DESCRIPTORS_MORE
            or now.kibibytes > self.before.kibibytes + KIBIBYTES_MORE
        )

    def _at_rest(self):
        last = self.server.held()
        while True:
            time.sleep(0.3)
            now = self.server.held()
            if now.counts == last.counts:
                return now
            last = now
