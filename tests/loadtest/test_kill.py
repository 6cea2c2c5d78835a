"""Around kill runs: what a seed makes of a run, outages, clocks that can be set, and what is understood of answers."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loadtest.kill.command import main
from loadtest.kill.faults import FAULTS_MAX, KINDS, Happened, drawn
from loadtest.kill.launch import OFFSET, new_offset
from loadtest.kill.operations import Line, Operation
from loadtest.kill.results import AT_ONCE, Outage, Report, Run, outages, table
from loadtest.kill.runs import LOAD_S, SETTINGS_RUNS, VARIANTS, plan_of, settings_of
from loadtest.kill.wires import Times, understood
from tests.integration.processes import CHECKOUT


def happened(kind: str, from_s: float, until_s: float) -> Happened:
    return Happened(kind=kind, to="somebody", from_s=from_s, until_s=until_s)


def test_a_seed_makes_the_same_run_again():
    for seed in range(50):
        assert drawn(random.Random(f"faults {seed}"), 3.0) == drawn(random.Random(f"faults {seed}"), 3.0)
        assert plan_of(seed, settings_of(seed)) == plan_of(seed, settings_of(seed))


def test_all_kinds_of_faults_and_settings_come():
    faults = [drawn(random.Random(f"faults {seed}"), 3.0) for seed in range(200)]
    assert {fault.kind for each in faults for fault in each} == set(KINDS)
    assert {len(each) for each in faults} == set(range(1, FAULTS_MAX + 1))
    assert all(0 <= fault.at_s <= 3.0 for each in faults for fault in each)
    assert {settings_of(seed) for seed in range(SETTINGS_RUNS * len(VARIANTS))} == set(VARIANTS)


def test_people_want_more_than_there_is_and_stay_until_holds_expire():
    for seed in range(100):
        settings = settings_of(seed)
        plan = plan_of(seed, settings)
        assert max(plan.units) <= plan.product_units <= sum(plan.units)
        assert plan.load_s > settings.hold_ttl_s or settings.hold_ttl_s > 10 * LOAD_S


def test_an_outage_is_the_longest_pause_that_a_fault_fell_into():
    answered = [[0.1, 0.2, 2.2, 2.3, 5.0], [0.1, 1.0, 2.0, 3.0, 4.0, 5.0]]
    assert outages(answered, [happened("leader killed", 0.3, 0.3)], 5.0) == [Outage(kind="leader killed", seconds=2.0)]


def test_nobody_knows_whose_an_outage_is_that_two_faults_fell_into():
    faults = [happened("leader killed", 0.3, 0.3), happened("worker killed", 0.9, 0.9)]
    assert outages([[0.2, 2.2, 5.0]], faults, 5.0) == [Outage(kind=AT_ONCE, seconds=2.0)]


def test_who_is_never_answered_again_waits_until_the_end():
    assert outages([[0.5]], [happened("leader killed", 1.0, 1.0)], 5.0) == [Outage(kind="leader killed", seconds=4.5)]


def test_a_fault_after_which_nobody_taps_any_more_tells_nothing():
    assert outages([[0.5, 5.1]], [happened("leader killed", 6.0, 6.0)], 5.0) == []


def test_the_clock_of_a_process_can_be_set(tmp_path: Path):
    path = tmp_path / "clock"
    offset = new_offset(path)
    OFFSET.pack_into(offset, 0, 3_600.0)
    program = (
        "import sys, time; from pathlib import Path; from loadtest.kill.launch import set_back; "
        "set_back(Path(sys.argv[1])); print(time.time(), time.time_ns() / 1e9)"
    )
    command = [sys.executable, "-c", program, str(path)]
    said = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=60).stdout
    assert [abs(float(told) - time.time() - 3_600.0) < 60.0 for told in said.split()] == [True, True]


TOLD = {"kind": "reserve", "person": "ann", "key": "k", "lines": (Line("s", 1),), "via": "worker-1"}


def test_a_hold_is_understood_with_times_of_the_run():
    times = Times()
    ends_ms = int(time.time() * 1000) + 60_000
    text = b'433[{"ok":true,"hold":{"id":"h","state":"held","lines":[{"sale":"s","qty":1}],"expires_ts":%d}}]' % ends_ms
    told = understood(TOLD, text, 1.0, 1.5, times)
    assert (told.answer, told.is_final, told.holds[0].id, told.holds[0].lines) == ("held", True, "h", (Line("s", 1),))
    assert abs(told.holds[0].expires_s - 60.0) < 5.0


@pytest.mark.parametrize(
    ("body", "answer", "is_final"),
    [
        (b'{"ok":false,"error":{"code":4022,"name":"sold_out","message":"","left":0}}', "sold_out", True),
        (b'{"ok":false,"error":{"code":1200,"name":"unavailable","message":""}}', "unavailable", False),
        (b'{"ok":true,"place":3}', "waiting", True),
        (b'{"ok":true}', "done", True),
    ],
)
def test_other_answers_are_understood(body: bytes, answer: str, is_final: bool):
    told = understood(TOLD, b"4312[" + body + b"]", 1.0, 1.5, Times())
    assert (told.answer, told.is_final, told.end_s) == (answer, is_final, 1.5)


def test_no_answer_is_one_that_may_still_be_done():
    assert understood(TOLD, None, 1.0, 4.0, Times()) == Operation(
        kind="reserve", person="ann", key="k", lines=(Line("s", 1),), via="worker-1", start_s=1.0
    )


def test_the_table_tells_outages_and_what_was_broken():
    run = Run(
        seed=7,
        buyers=60,
        units=30,
        hold_ttl_s=600.0,
        seconds=7.0,
        faults=[happened("leader killed", 1.0, 1.0)],
        operations=100,
        acknowledged=20,
        released=5,
        expired=0,
        waited=3,
        refused={"sold_out": 9},
        outages=[Outage(kind="leader killed", seconds=0.5)],
        late=0,
        epochs=2,
        violations=[],
    )
    report = Report(made="now", machine="this", commit="abc", runs=[run])
    assert report.is_sound
    assert "leader killed                               1     0.50     0.50" in table(report)
    assert "broken: nothing" in table(report)


@pytest.mark.parametrize("arguments", [["--runs", "0"], ["--seed", "-1"]])
def test_runs_that_cannot_be_are_refused(arguments: list[str]):
    with pytest.raises(SystemExit):
        main(arguments)
