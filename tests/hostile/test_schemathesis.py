"""Requests made from the OpenAPI document, right ones and wrong ones, and whether the answers are as it says."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

from amount import amount
from attack import Attack

EXAMPLES = amount(200)
# What a name, a cursor or a text must be cannot be said in a schema: right by the schema is not always right.
CHECKS_LEFT_OUT = "positive_data_acceptance"
# A poll that waits would only take time.
CONFIG = """
[[operations]]
include-path = "/v1/events"
parameters = {{ wait = 0 }}

[[operations]]
include-path-regex = "^/v1/conversations/"
parameters = {{ {known} }}
"""


class Schemathesis(Attack):
    def explore(self, *options, token, known=""):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "config.toml").write_text(CONFIG.format(known=known))
            command = [pathlib.Path(sys.executable).with_name("schemathesis"), "--config-file", "config.toml", "run"]
            command += [f"http://{self.server.host}/v1/openapi.json", "--header", f"Authorization: Bearer {token}"]
            command += ["--max-examples", str(EXAMPLES), "--seed", "1", "--no-color", "--exclude-checks", CHECKS_LEFT_OUT]
            command += ["--continue-on-failure", *options]
            result = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=3600)
        self.assertEqual(result.returncode, 0, f"{result.stdout[-6000:]}{result.stderr}")
        return result.stdout


class WithoutLimits(Schemathesis):
    options = ("--limits", "off")

    def test_everything_by_a_guest(self):
        self.explore("--exclude-operation-id", "signOut", token=self.token)

    def test_a_conversation_that_exists(self):
        path = ("--include-path-regex", "^/v1/conversations/", "--exclude-operation-id", "leave")
        self.explore(*path, token=self.token, known=f'id = "{self.room}"')

    def test_by_somebody_unknown(self):
        self.explore(token="x" * 43)

    def test_signing_out(self):
        self.explore("--include-operation-id", "signOut", token=self.server.guest("Goes"))


class WithLimits(Schemathesis):
    def test_everything_by_a_guest(self):
        self.explore("--exclude-operation-id", "signOut", token=self.token)


if __name__ == "__main__":
    unittest.main()
