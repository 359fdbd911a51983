"""What Chinwag promises of its performance, judged by the figures of `tests/long/perf` in $EVIDENCE/figures.json.

Ratios are to the floor of the same run, so that they hold on any machine.
"""

import json
import os
import pathlib
import unittest


class Aims(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.runs = json.loads(pathlib.Path(os.environ["EVIDENCE"], "figures.json").read_text())

    def figure(self, run, name):
        return next(figure for figure in self.runs[run]["figures"] if figure["name"] == name)

    def check_at_most(self, value, most, what):
        print(f"{what}: {value:.3g}, at most {most:g}", flush=True)
        self.assertLessEqual(value, most, what)

    def test_a_delivery_with_one_outstanding(self):
        ratio = self.figure("room-1", "server CPU per delivery")["ratio"]
        self.check_at_most(ratio, 1.5, "room of 1,000, one outstanding: server CPU to its floor")

    def test_a_delivery_with_64_outstanding(self):
        ratio = self.figure("room-64", "server CPU per delivery")["ratio"]
        self.check_at_most(ratio, 2, "room of 1,000, 64 outstanding: server CPU to its floor, ten a write")

    def test_memory_of_an_idle_websocket(self):
        self.assertEqual(self.runs["idle-websocket"]["settings"]["connections"][-1], 19_000)
        kib = self.figure("idle-websocket", "server memory per connection")["value"]
        self.check_at_most(kib, 4, "19,000 idle WebSockets: KiB each")

    def test_durable_messages_of_pairs(self):
        self.assertGreaterEqual(self.runs["pairs"]["settings"]["outstanding"], 1_000)
        rate = self.figure("pairs", "messages")["value"]
        print(f"pairs: {rate:.0f} durable messages/s, at least 15,000", flush=True)
        self.assertGreaterEqual(rate, 15_000)

    def test_everyone_is_live_again_after_a_storm(self):
        for run in ("storm", "storm-at-once", "storm-dropped", "storm-sse"):
            self.assertEqual(self.runs[run]["settings"]["readers"], 10_000, run)
            seconds = self.figure(run, "everyone live again")["value"]
            self.check_at_most(seconds, 15, f"{run}: seconds until 10,000 are live again")
            self.assertEqual(self.figure(run, "database reads for messages")["value"], 0, run)
            self.assertEqual(self.figure(run, "gaps")["value"], 0, run)

    def test_nothing_is_lost_doubled_or_out_of_order(self):
        seen = 0
        for name, run in self.runs.items():
            if deliveries := run["deliveries"]:
                seen += 1
                wrong = {key: deliveries[key] for key in ("lost", "doubled", "disordered", "foreign")}
                self.assertFalse(any(wrong.values()), f"{name}: {wrong}")
                self.assertEqual(deliveries["delivered"], deliveries["expected"], name)
        self.assertGreaterEqual(seen, 8)


if __name__ == "__main__":
    unittest.main()
