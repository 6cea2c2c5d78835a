"""`python -m loadtest [peers | hostile | locust | sale | kill] ...`: without a word, a short show under load (command.py)."""

import importlib
import sys

PARTS = ("peers", "hostile", "locust", "sale", "kill")


def main(arguments: list[str]) -> int:
    """The exit status of what was asked for. Only that part is loaded: each has libraries of its own."""
    if arguments and arguments[0] in PARTS:
        return int(importlib.import_module(f"loadtest.{arguments[0]}.command").main(arguments[1:]))
    return int(importlib.import_module("loadtest.command").main(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
