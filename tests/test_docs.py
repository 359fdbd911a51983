"""The documents name files that are there."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACE = re.compile(r"`((?:crates|docs|tests|web)/[^`\s{}*]*)`")


class Documents(unittest.TestCase):
    def test_the_files_that_they_name_exist(self):
        named = 0
        for document in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
            for place in PLACE.findall(document.read_text()):
                named += 1
                self.assertTrue((ROOT / place).exists(), f"{document.name} names {place}")
        self.assertGreater(named, 20)
