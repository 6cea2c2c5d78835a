"""Some kill runs, with seeds that bring most kinds of faults: no invariant breaks. More of them: `python -m loadtest kill`."""

import asyncio
import sys
from pathlib import Path

import msgspec

from loadtest.kill.results import Report
from tests.integration.processes import CHECKOUT

SEED, RUNS = (
    0,
    3,
)  # a clock is stepped, a commit cut; the leader freezes, also in a COPY; a worker and PostgreSQL are killed


async def test_nothing_is_broken_whatever_is_killed(tmp_path: Path):
    figures = tmp_path / "kill.json"
    command = [
        sys.executable,
        "-m",
        "loadtest",
        "kill",
        "--runs",
        str(RUNS),
        "--seed",
        str(SEED),
        "--json",
        str(figures),
    ]
    child = await asyncio.create_subprocess_exec(
        *command, cwd=CHECKOUT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await child.communicate()
    assert child.returncode == 0, said.decode(errors="replace")
    report = msgspec.json.decode(figures.read_bytes(), type=Report)
    assert [run.seed for run in report.runs] == list(range(SEED, SEED + RUNS))
    assert all(run.faults and run.acknowledged and run.operations for run in report.runs)
    assert report.is_sound
