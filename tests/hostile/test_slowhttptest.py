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
# Beyond each deadline of the server: 10 s for a head and for the next request, 15 s for a body.
SECONDS = 25


class SlowHttpTest(Attack):
    def slow(self, *options):
        # In a folder of its own, for it leaves files.
        with tempfile.TemporaryDirectory() as folder:
            command = ["slowhttptest", "-c", str(CONNECTIONS), "-r", "200", "-i", "3", "-l", str(SECONDS), "-p", "5"]
            command += [*options]
            result = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=SECONDS + 60, check=True)
        return re.sub(r"\x1b\[[0-9;]*m", "", result.stdout)

    def test_slow_heads_bodies_and_readers(self):
        url = f"http://{self.server.host}"
        attacks = {
            "ranges": ("-R", "-u", f"{url}/", "-t", "HEAD", "-a", "10", "-b", "3000"),
            "heads": ("-H", "-u", f"{url}/v1/server"),
            "bodies": ("-B", "-u", f"{url}/v1/guests", "-f", "application/json", "-s", "8192"),
            "readers": ("-X", "-u", f"{url}/", "-w", "1", "-y", "2", "-n", "5", "-z", "1", "-k", "3"),
        }
        for _ in range(amount(8)):
            with concurrent.futures.ThreadPoolExecutor() as pool:
                running = {name: pool.submit(self.slow, *options) for name, options in attacks.items()}
                # What a reader has not taken lies in the kernel: the server is done with it, though the peer is not.
                time.sleep(SECONDS - 4)
                self.assertLessEqual(self.server.held().counts[0], self.before.counts[0] + 2)
                outputs = {name: future.result() for name, future in running.items()}
            for name, output in outputs.items():
                available = re.findall(r"service available:\s+(\w+)", output)
                self.assertTrue(available and set(available) == {"YES"}, f"{name}: {output[-2000:]}")
                if name != "readers":
                    self.assertIn("No open connections left", output, name)


if __name__ == "__main__":
    unittest.main()
