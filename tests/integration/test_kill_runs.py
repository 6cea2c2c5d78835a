"""Some kill runs, with seeds that bring most kinds of faults: no invariant breaks. More of them: `python -m loadtest kill`."""

import asyncio
import sys
from pathlib import Path

import msgspec
import pytest

from loadtest.kill.results import Report
from tests.integration.processes import CHECKOUT


@pytest.mark.parametrize(
    ("seed", "runs"),
    [
        (
            1,
            3,
        ),  # the leader freezes in a COPY, its clock is stepped; Valkey is killed, and who is about to commit refunds
        (57, 1),  # who is about to commit money is killed, and the leader; holds last 5 s
    ],
)
async def test_nothing_is_broken_whatever_is_killed(seed: int, runs: int, tmp_path: Path):
    figures = tmp_path / "kill.json"
    options = ["--runs", str(runs), "--seed", str(seed), "--json", str(figures)]
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "loadtest", "kill", *options, cwd=CHECKOUT, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await child.communicate()
    assert child.returncode == 0, said.decode(errors="replace")
    report = msgspec.json.decode(figures.read_bytes(), type=Report)
    assert [run.seed for run in report.runs] == list(range(seed, seed + runs))
    assert all(run.faults and run.acknowledged and run.operations for run in report.runs)
    assert all(run.ordered and run.paid for run in report.runs)
    assert sum(run.refunded for run in report.runs)
    assert report.is_sound
