"""Every attack and every bad input that we know of has its test, or the reason why not yet: see cases.toml."""

import pathlib
import re
import tomllib
import unittest

ROOT = pathlib.Path(__file__).parent.parent
# The last number of each group.
GROUPS = {"H": 17, "F": 15, "E": 13, "P": 15, "A": 12, "Z": 12, "X": 13, "R": 16, "W": 8}


class Cases(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # That a case is listed twice is an error of the format itself.
        cls.cases = tomllib.loads((ROOT / "tests/cases.toml").read_text())

    def test_every_case_is_listed(self):
        expected = [f"{group}{number}" for group, last in GROUPS.items() for number in range(1, last + 1)]
        self.assertEqual(list(self.cases), expected)

    def test_every_case_is_tested_or_due(self):
        for case in self.cases.values():
            self.assertLessEqual(set(case), {"case", "tests", "due"})
        neither = [name for name, case in self.cases.items() if not (case.get("tests") or case.get("due"))]
        self.assertEqual(neither, [])

    def test_every_named_test_exists(self):
        named = {test for case in self.cases.values() for test in case.get("tests", [])}
        self.assertEqual([test for test in sorted(named) if not exists(test)], [])


def exists(test):
    file, _, title = test.partition("::")
    pattern = rf"\bfn {title}\(" if file.endswith(".rs") else re.escape(title)
    path = ROOT / file
    return path.is_file() and re.search(pattern, path.read_text()) is not None


if __name__ == "__main__":
    unittest.main()
