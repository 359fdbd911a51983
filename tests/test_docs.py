"""The documents name files that are there."""

import re
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/lib"))
import performance_page

PLACE = re.compile(r"`((?:crates|docs|tests|web)/[^`\s{}*]*)`")


class Documents(unittest.TestCase):
    def test_the_files_that_they_name_exist(self):
        named = 0
        for document in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
            for place in PLACE.findall(document.read_text()):
                named += 1
                self.assertTrue((ROOT / place).exists(), f"{document.name} names {place}")
        self.assertGreater(named, 20)

    def test_the_figures_on_the_page_are_those_of_the_evidence(self):
        made = performance_page.pages(ROOT)
        for path, text in made.items():
            self.assertTrue(path.exists(), f"{path} is missing: run tests/lib/performance_page.py")
            self.assertEqual(path.read_text(), text, f"{path} is not current: run tests/lib/performance_page.py")
        # A curve that the page shows is one that is made, or was put there by hand.
        page = (ROOT / "docs/performance.md").read_text()
        for plot in re.findall(r"\(performance/([^)]*\.svg)\)", page):
            self.assertTrue((ROOT / "docs/performance" / plot).exists(), f"{plot} is missing")
