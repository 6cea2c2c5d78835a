"""Memory of the processes of a node: `demo --workers 2`, some seconds after its start, nobody there.

    python -m tests.bench.memory [--rounds N]
    python -m tests.bench.memory --beside CHECKOUT        # and another version's, taking turns

Of each process the resident and the proportional set size (`/proc/PID/smaps_rollup`): in the second, what several processes
share counts for each in part. Linux only.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from loadtest.pairs import is_swapped, paired_ratio
from tests.ports import free_port

CHECKOUT = Path(__file__).parent.parent.parent
SETTLED_S = 20.0  # after it is up; by then nothing grows
UP_WITHIN_S = 90.0
ROUNDS = 9
ROLES = {"worker": "worker", "media": "media", "media-process": "media", "jobs": "jobs", "jobs-process": "jobs"}

Sizes = dict[str, tuple[float, float]]  # of each role: resident and proportional, MB


def sizes(checkout: Path) -> Sizes:
    """Of a fresh node; of two workers the mean."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LIVEHUB_")}
    with tempfile.TemporaryDirectory(prefix="livehub-bench-") as folder:
        log = Path(folder) / "node.log"
        command = ["-m", "livehub", "demo", "--port", str(free_port()), "--workers", "2", "--data", f"{folder}/data"]
        with log.open("wb") as output:
            node = subprocess.Popen([sys.executable, *command], cwd=checkout, env=environ, stdout=output, stderr=output)
        try:
            deadline_s = time.monotonic() + UP_WITHIN_S
            while "#token=" not in log.read_text(encoding="utf-8"):
                assert node.poll() is None, log.read_text(encoding="utf-8")
                assert time.monotonic() < deadline_s, log.read_text(encoding="utf-8")
                time.sleep(0.2)
            time.sleep(SETTLED_S)
            return _of_roles(psutil.Process(node.pid))
        finally:
            node.terminate()
            node.wait(60)


def _of_roles(node: psutil.Process) -> Sizes:
    found: dict[str, list[tuple[float, float]]] = {}
    for process in node.children(recursive=True):
        words = process.cmdline()
        role = ROLES.get(words[words.index("livehub") + 1], "") if "livehub" in words[:-1] else ""
        if role:
            found.setdefault(role, []).append(_sizes_of(process.pid))
    return {
        role: (statistics.fmean(r for r, _ in of), statistics.fmean(p for _, p in of)) for role, of in found.items()
    }


def _sizes_of(pid: int) -> tuple[float, float]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    kb = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return kb["Rss"] / 1024, kb["Pss"] / 1024


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.memory")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--beside", type=Path, help="a checkout of another version")
    options = parser.parse_args()
    checkouts = [CHECKOUT] if options.beside is None else [CHECKOUT, options.beside]
    rounds: list[list[Sizes]] = [[] for _ in checkouts]
    for number in range(options.rounds):
        turns = list(enumerate(checkouts))
        for at, checkout in reversed(turns) if is_swapped(number) else turns:
            rounds[at].append(sizes(checkout))
    for role in rounds[0][0]:
        for at, kind in enumerate(("resident", "proportional")):
            values = [[found[role][at] for found in of] for of in rounds]
            medians = ", ".join(f"{statistics.median(of):6.1f} MB" for of in values)
            ratio = f"; ratio {paired_ratio(*values)}" if len(values) == 2 else ""
            sys.stdout.write(f"{role:<7} {kind:<13} {medians}{ratio}\n")


if __name__ == "__main__":
    main()
