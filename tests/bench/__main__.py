"""`python -m tests.bench [NAME ...]`: every figure as the median of several rounds, the cases taking turns in each round.

Those of media run whole servers, browsers and publishers, for minutes: by name, or all of them as `media`. `events`, `rooms`,
`directs`, `commits`, `memory`, `reservations`, `takeover`, `long_clip`, `orders`, `stock_page`, `lots`, `codes`, `queries`,
`anchors`, `readings`, `transparency_log` and `tampering` run what they need, by name.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.cases import CASES

MEDIA = ("ingest", "whep", "joins", "glass", "first_picture", "loss", "hls_origin")
PROGRAMS = (
    "events",
    "rooms",
    "directs",
    "commits",
    "memory",
    "reservations",
    "takeover",
    "long_clip",
    "orders",
    "stock_page",
    "lots",
    "codes",
    "queries",
    "anchors",
    "readings",
    "transparency_log",
    "tampering",
    *MEDIA,
)  # each a module of its own
ROUND_S = 0.2  # each case repeats for about this long in a round, so that the clock's grain does not matter
ROUNDS = 7


def _time_us(operation: Callable[[], object], repeats: int) -> float:
    started_s = time.perf_counter()
    for _ in range(repeats):
        operation()
    return (time.perf_counter() - started_s) * 1e6 / repeats


def measure(names: list[str]) -> dict[str, dict[str, float]]:
    """Microseconds per operation by case: median, least and most over the rounds."""
    chosen = {case.__name__: case() for case in CASES if not names or case.__name__ in names}
    repeats = {name: max(1, int(ROUND_S * 1e6 / _time_us(run, 1))) for name, (run, _) in chosen.items()}
    found: dict[str, list[float]] = {name: [] for name in chosen}
    for _ in range(ROUNDS):
        for name, (run, operations) in chosen.items():
            found[name].append(_time_us(run, repeats[name]) / operations)
    return {
        name: {"median_us": statistics.median(times), "least_us": min(times), "most_us": max(times)}
        for name, times in found.items()
    }


def main() -> int:
    """Print the table, and write JSON where asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Benchmarks of the hub's own parts.")
    choices = [[], *(case.__name__ for case in CASES), *PROGRAMS, "media"]
    parser.add_argument("names", nargs="*", choices=choices, help="only these")
    parser.add_argument("--json", type=Path, help="where to write the figures of the hub's parts")
    options = parser.parse_args()
    programs = [n for n in PROGRAMS if n in options.names or (n in MEDIA and "media" in options.names)]
    options.names = [name for name in options.names if name not in (*PROGRAMS, "media")]
    for name in programs:
        sys.stdout.write(f"--- {name}\n")
        sys.stdout.flush()
        subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], check=True)
    if programs and not options.names:
        return 0
    figures = measure(options.names)
    sys.stdout.write(f"Python {platform.python_version()}, {platform.machine()}; medians of {ROUNDS} rounds\n")
    for name, times in figures.items():
        sys.stdout.write(
            f"{name:<34} {times['median_us']:>12.2f} us  ({times['least_us']:.2f} - {times['most_us']:.2f})\n"
        )
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
