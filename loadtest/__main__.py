"""`python -m loadtest [PART] ...`, of PARTS: without a word, a short show under load (command.py)."""

import importlib
import sys

PARTS = ("peers", "hostile", "locust", "sale", "kill", "sessions")


def main(arguments: list[str]) -> int:
    """The exit status of what was asked for. Only that part is loaded: each has libraries of its own."""
    has_part = bool(arguments) and arguments[0] in PARTS
    try:
        part = importlib.import_module(f"loadtest.{arguments[0]}.command" if has_part else "loadtest.command")
    except ModuleNotFoundError as absent:
        if (absent.name or "").partition(".")[0] == "loadtest":
            raise
        again = " ".join([".venv/bin/python -m loadtest", *arguments])
        sys.stderr.write(
            f"loadtest: {sys.executable} lacks the package {absent.name}: run `make setup`, then `{again}`\n"
        )
        return 1
    return int(part.main(arguments[1:] if has_part else arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
