"""How much is done: all of it in the long set, a twentieth in ./test."""

import os

FULL = os.environ["HOSTILE"] == "full"


def amount(full):
    return full if FULL else max(1, full // 20)
