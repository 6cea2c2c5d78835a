"""What is asked for those who come back is told from what is always asked; storms and ended sessions on the real demo are
sound."""

import msgspec
import pytest

from loadtest.sessions import command, revocations, storm
from loadtest.sessions.statements import Asked, asked, since
from tests.ports import free_port


def test_what_an_idle_server_asks_is_not_asked_for_those_who_came():
    idle, seen = {"poll": 20, "tick": 5}, {"poll": 9, "tick": 2, "read\n  it": 300, "never": 0}
    assert asked(idle, 10.0, seen, 4.0) == [
        Asked(query="read it", idle_per_s=0.0, calls=300, extra=300.0),
        Asked(query="poll", idle_per_s=2.0, calls=9, extra=1.0),
        Asked(query="tick", idle_per_s=0.5, calls=2, extra=0.0),
    ]
    assert since({"poll": 20}, {"poll": 29, "read": 3}) == {"poll": 9, "read": 3}


@pytest.mark.parametrize(
    ("wrong", "is_sound"),
    [
        ({}, True),
        ({"extra": 3_050.0}, True),
        ({"extra": 3_051.0}, False),
        ({"extra": 30_000.0}, False),  # one for each
        ({"came_back": 29_999}, False),
        ({"behind": 1}, False),
        ({"faults": {"missing": 1}}, False),
    ],
)
def test_a_storm_is_sound_when_all_are_back_and_nothing_was_asked_for_one(wrong: dict[str, object], is_sound: bool):
    whole: dict[str, object] = {
        "came_back": 30_000, "back_s": 8.0, "seen_s": 11.0, "statements": 700, "extra": 20.0, "asked": [], "behind": 0,
        "faults": {}, "notices": {},
    }  # fmt: skip
    assert msgspec.convert({**whole, **wrong}, storm.Storm).sound(30_000) is is_sound


def test_a_storm_on_the_real_demo_asks_postgresql_nothing_for_one_who_comes_back(tmp_path, capsys):
    path = tmp_path / "storm.json"
    plan = f"storm --viewers 150 --idle 5 --storms 2 --workers 1 --port {free_port()} --json {path}"
    status = command.main(plan.split())
    said = capsys.readouterr().out
    assert status == 0, said
    report = msgspec.json.decode(path.read_bytes(), type=storm.Report)
    assert [(one.came_back, one.behind, one.faults) for one in report.storms] == [(150, 0, {})] * 2
    polled = {one.query.split(" ORDER BY")[0]: one.idle_per_s for one in report.idle}
    assert polled["SELECT id, person, ended_ts FROM sessions WHERE ended_ts >= $1"] > 0.5  # it does count
    assert not any("FROM sessions AS s" in one.query for each in report.storms for one in each.asked)
    assert "150 came back in" in said


@pytest.mark.parametrize("how", ["", "--kill-valkey"])
def test_ended_sessions_on_the_real_demo_close_all_their_sockets(tmp_path, capsys, how: str):
    path = tmp_path / "ended.json"
    plan = f"revocations --times 3 --sockets 4 --port {free_port()} --json {path} {how}"
    status = command.main(plan.split())
    said = capsys.readouterr().out
    assert status == 0, said
    report = msgspec.json.decode(path.read_bytes(), type=revocations.Report)
    assert report.closed == {"3505": 12}
    assert len(report.last_ms) == 3
    assert all(0 < first <= last for first, last in zip(report.first_ms, report.last_ms, strict=True))
    assert "3 sessions of 4 sockets ended" in said
