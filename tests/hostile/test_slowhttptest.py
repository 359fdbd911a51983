"""Peers that are as slow as they can be."""

import concurrent.futures
import re
import subprocess
import tempfile
import time
import unittest

from amount import FULL, amount
from attack import Attack

CONNECTIONS = 1000 if FULL else 200
# Well beyond each deadline of the server: 10 s for a head and for the next request, 15 s for a body.
SECONDS = 35 if FULL else 25


class SlowHttpTest(Attack):
    def warm_up(self):
        # What the allocator keeps of thousands of connections is no leak, unless it grows.
        if FULL:
            self.attack()

    def slow(self, *options):
        # In a folder of its own, for it leaves files.
        with tempfile.TemporaryDirectory() as folder:
            command = ["slowhttptest", "-c", str(CONNECTIONS), "-r", str(CONNECTIONS), "-i", "3", "-l", str(SECONDS), "-p", "5"]
            command += [*options]
            result = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=SECONDS + 60, check=True)
        return re.sub(r"\x1b\[[0-9;]*m", "", result.stdout)

    def test_slow_heads_bodies_and_readers(self):
        for _ in range(amount(8)):
            outputs = self.attack()
            for name, output in outputs.items():
                available = re.findall(r"service available:\s+(\w+)", output)
                self.assertTrue(available and set(available) == {"YES"}, f"{name}: {output[-2000:]}")
                if name != "readers":
                    self.assertIn("No open connections left", output, name)

    def attack(self):
        """What each of them says that it met."""
        url = f"http://{self.server.host}"
        attacks = {
            "ranges": ("-R", "-u", f"{url}/", "-t", "HEAD", "-a", "10", "-b", "3000"),
            "heads": ("-H", "-u", f"{url}/v1/server"),
            "bodies": ("-B", "-u", f"{url}/v1/guests", "-f", "application/json", "-s", "8192"),
            "readers": ("-X", "-u", f"{url}/", "-w", "1", "-y", "2", "-n", "5", "-z", "1", "-k", "3"),
        }
        with concurrent.futures.ThreadPoolExecutor() as pool:
            running = {name: pool.submit(self.slow, *options) for name, options in attacks.items()}
            # What a reader has not taken lies in the kernel: the server is done with it, though the peer is not. Up to
            # two connections are the bystander's.
            self.until_idle(3, time.monotonic() + SECONDS - 2)
            return {name: future.result() for name, future in running.items()}

    def until_idle(self, connections, deadline):
        time.sleep(SECONDS / 2)
        while (now := self.server.held().counts[0]) > connections:
            self.assertLess(time.monotonic(), deadline, f"{now} connections")
            time.sleep(0.2)


if __name__ == "__main__":
    unittest.main()
