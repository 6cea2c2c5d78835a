"""What a sale must keep to is noticed when it does not; buyers do what a page does; a sale on the real demo is sound."""

import json
import time
from collections import Counter
from typing import Any

import msgspec
import pytest
from aiohttp import WSMsgType, web

from loadtest.sale import command
from loadtest.sale.checks import INVARIANTS, TOLD_MAX, Facts, OwnHold, Standing, Stock, broken
from loadtest.sale.results import Plan, Report, Round, figures_of, percentile, refusals, table
from loadtest.sale.shop import own_of
from loadtest.sale.taps import PATIENCE_S, Tapped, Taps, Told, reserve, tap, told_of
from tests.loadtest.stage import crowd_at, served
from tests.ports import free_port

GONE = "4022 sold_out"

# --- the invariants ---


def holder(hold: str, at_ms: float = 10.0, *, units: int = 1, **fields: Any) -> Tapped:
    return Tapped(at_ms=1.0, taps=1, told=[Told(at_ms, hold, units)], **fields)


def refused(reason: str = GONE, left: int = 0) -> Tapped:
    return Tapped(at_ms=2.0, taps=1, told=[Told(20.0, "", 0, reason, left)])


def facts(**fields: Any) -> Facts:
    """Of a sale of two units to three buyers, in which nothing is wrong but what `fields` say."""
    whole: dict[str, Any] = {
        "plan": Plan(buyers=3, units=2),
        "buyers": [holder("a"), refused(), holder("b")],
        "sale": Standing(units=2, held=2, sold=0, left=0),
        "stock": (Stock(on_hand=5, held=3, sold=0), Stock(on_hand=5, held=5, sold=0)),
        "own": {0: [OwnHold(id="a", state="held", units=1)], 1: []},
        "faults": {},
    }
    return Facts(**{**whole, **fields})


def test_a_sale_in_which_all_is_right_breaks_nothing():
    assert broken(facts()) == {}


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("every_tap_answered", {"buyers": [holder("a"), Tapped(at_ms=2.0, taps=3), holder("b")]}),
        ("every_tap_answered", {"buyers": [holder("a", lost=1), refused(), holder("b")]}),
        ("every_tap_answered", {"buyers": [holder("a", doubled=1), refused(), holder("b")]}),
        ("nothing_oversold", {"sale": Standing(units=1, held=2, sold=0, left=-1)}),
        ("nothing_oversold", {"buyers": [holder("a"), holder("c"), holder("b")]}),
        ("nothing_oversold", {"stock": (Stock(on_hand=4, held=3, sold=0), Stock(on_hand=4, held=5, sold=0))}),
        ("nothing_falsely_refused", {"sale": Standing(units=3, held=2, sold=0, left=1)}),
        ("as_much_held_as_possible", {"sale": Standing(units=2, held=1, sold=0, left=1)}),
        ("as_much_held_as_possible", {"plan": Plan(buyers=3, units=3)}),
        ("one_key_one_answer", {"buyers": [Tapped(told=[Told(1, "a", 1), Told(2, "c", 1)]), refused(), holder("b")]}),
        ("one_key_one_answer", {"buyers": [Tapped(told=[Told(1, "a", 1), Told(2, reason=GONE)]), holder("b")]}),
        ("one_hold_one_person", {"buyers": [holder("a"), refused(), holder("a")]}),
        ("as_many_as_asked_for", {"buyers": [holder("a", units=2), refused(), holder("b")]}),
        ("as_many_as_asked_for", {"buyers": [Tapped(told=[Told(1, "a", 1), Told(2, "b", 1)]), refused(), refused()]}),
        ("told_is_kept", {"buyers": [holder("a"), refused(), refused()]}),
        ("told_is_kept", {"stock": (Stock(on_hand=5, held=3, sold=0), Stock(on_hand=5, held=4, sold=0))}),
        ("told_is_kept", {"sale": Standing(units=2, held=2, sold=0, left=1)}),
        ("holders_find_their_hold", {"own": {0: []}}),
        ("holders_find_their_hold", {"own": {1: [OwnHold(id="x", state="held", units=1)]}}),
        ("holders_find_their_hold", {"own": {0: [OwnHold(id="a", state="expired", units=1)]}}),
        ("holders_find_their_hold", {"own": {0: [OwnHold(id="a", state="held", units=2)]}}),
        ("no_control_message_lost", {"faults": {"missing": 1}}),
    ],
)
def test_each_thing_that_is_wrong_is_called_by_its_name(name, fields):
    assert name in broken(facts(**fields))


def test_what_asks_to_come_again_is_no_answer_yet():
    later = Tapped(told=[Told(1, reason="1200 unavailable", is_final=False), Told(2, "a", 1)])
    assert broken(facts(buyers=[later, refused(), holder("b")])) == {}
    assert "every_tap_answered" in broken(facts(buyers=[Tapped(told=later.told[:1]), refused(), holder("b")]))


def test_of_many_complaints_a_few_are_told():
    wrong = broken(facts(buyers=[Tapped() for _ in range(1_000)]))["every_tap_answered"]
    assert len(wrong) == TOLD_MAX + 1
    assert wrong[-1] == "and 995 more"


@pytest.mark.parametrize(
    ("buyers", "units", "qty", "sellable"), [(10, 3, 1, 3), (2, 3, 1, 2), (10, 7, 2, 6), (2, 7, 2, 4), (5, 1, 2, 0)]
)
def test_what_can_be_sold_goes_in_whole_orders(buyers, units, qty, sellable):
    assert Plan(buyers=buyers, units=units, qty=qty).sellable == sellable


def test_own_holds_are_those_of_the_sale():
    line, other = {"sale": "s", "qty": 2}, {"sale": "t", "qty": 1}
    holds = [
        {"id": "a", "state": "held", "lines": [line, other], "expires_ts": 1},
        {"id": "b", "state": "held", "lines": [other], "expires_ts": 1},
    ]
    assert own_of(holds, "s") == [OwnHold(id="a", state="held", units=2)]


# --- the report ---


def test_a_percentile_is_one_of_the_values():
    values = [float(n) for n in range(100, 0, -1)]
    assert [percentile(values, p) for p in (50, 99, 100)] == [50.0, 99.0, 100.0]
    assert percentile([], 99) == 0.0
    assert percentile([7.0], 1) == 7.0


def test_figures_count_buyers_and_not_taps():
    again = Tapped(at_ms=0.0, taps=3, told=[Told(5, reason="1200 unavailable", is_final=False), Told(30, "a", 2)])
    twice = Tapped(at_ms=100.0, taps=2, told=[Told(110, reason=GONE), Told(111, reason=GONE)])
    buyers = [again, twice, Tapped(at_ms=3.0, taps=1)]
    figures = figures_of(buyers)
    assert (figures.answered, figures.held, figures.refused, figures.taps, figures.retried) == (2, 2, 1, 6, 1)
    assert (figures.p50_ms, figures.p99_ms, figures.max_ms) == (10.0, 30.0, 30.0)
    assert (figures.all_answered_s, figures.sold_out_s) == (0.11, 0.03)
    assert refusals(buyers) == {GONE: 1}


def report(wrong: dict[str, list[str]]) -> Report:
    chat = figures_of([holder("a")], chat_ms=(100.0, 110.0))
    held = {invariant.__name__: invariant.__name__ not in wrong for invariant in INVARIANTS}
    one = Round(figures=chat, refusals={GONE: 2}, invariants=held, broken=wrong)
    return Report(made="", machine="a machine", commit="", plan=Plan(), rounds=[one])


def test_a_report_is_sound_when_nothing_is_broken():
    assert report({}).sound
    said = table(report({}))
    assert "BROKEN" not in said
    assert "refused 4022 sold_out: 2" in said
    assert "chat_ratio                   1.10" in said


def test_what_is_broken_is_told_and_makes_the_report_unsound():
    unsound = report({"nothing_oversold": ["3 units were told of, of 2"]})
    assert not unsound.sound
    assert "BROKEN nothing_oversold: 3 units were told of, of 2" in table(unsound)


# --- buyers ---


class Till:
    """A server that lets everybody in; tap after tap gets the next of `answers`, `copies` times, and none for None."""

    def __init__(self, *answers: dict[str, Any] | None, copies: int = 1) -> None:
        self.keys: Counter[str] = Counter()
        self._answers = list(answers)
        self._copies = copies

    async def handler(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str('0{"sid":"s"}')
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._take(socket, message.data)
        return socket

    async def _take(self, socket: web.WebSocketResponse, text: str) -> None:
        if text.startswith("40"):
            await socket.send_str('40{"sid":"x"}')
            return
        number = text[2 : text.index("[")]
        event, body = json.loads(text[text.index("[") :])
        if event == "join":
            await socket.send_str(f"43{number}" + '[{"ok":true}]')
            return
        self.keys[body["key"]] += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        for _ in range(self._copies if answer is not None else 0):
            await socket.send_str(f"43{number}" + json.dumps([answer]))


def hold(name: str) -> dict[str, Any]:
    return {"ok": True, "hold": {"id": name, "state": "held", "lines": [{"sale": "s", "qty": 1}], "expires_ts": 1}}


def refusal(code: int, name: str, **more: Any) -> dict[str, Any]:
    return {"ok": False, "error": {"code": code, "name": name, "message": "", **more}}


async def bought(till: Till, **fields: Any) -> Tapped:
    """What one buyer made of it."""
    plan = {"sale": "s", "qty": 1, "key": "tap-of-s", "within_s": 0.0, "twice": 0.0, "again": 0.0, **fields}
    async with served(till.handler) as port, crowd_at(port, dialect="livehub", size=1) as crowd:
        assert await crowd.enter(per_s=0, at_once=1) == 1
        [tapped] = await tap(crowd, Taps(at_ms=time.time() * 1000, **plan))
        return tapped


async def test_a_buyer_taps_once():
    till = Till(hold("h"))
    tapped = await bought(till)
    assert (tapped.taps, tapped.lost, tapped.doubled, dict(till.keys)) == (1, 0, 0, {"tap-of-s": 1})
    assert [(told.hold, told.units) for told in tapped.told] == [("h", 1)]
    assert 0 <= tapped.at_ms <= tapped.told[0].at_ms


@pytest.mark.parametrize("how", ["twice", "again"])
async def test_some_tap_more_than_once_and_always_under_one_key(how):
    till = Till(hold("h"))
    tapped = await bought(till, **{how: 1.0})
    assert (tapped.taps, dict(till.keys)) == (2, {"tap-of-s": 2})
    assert [told.hold for told in tapped.told] == ["h", "h"]


async def test_who_is_told_to_come_again_does():
    till = Till(refusal(1200, "unavailable", retry_after_ms=10), hold("h"))
    tapped = await bought(till)
    assert (tapped.taps, dict(till.keys)) == (2, {"tap-of-s": 2})
    assert [told.is_final for told in tapped.told] == [False, True]
    assert tapped.answer is not None
    assert tapped.answer.hold == "h"


async def test_who_is_refused_for_good_stays_away():
    tapped = await bought(Till(refusal(4022, "sold_out", left=0)))
    assert tapped.taps == 1
    assert [(told.reason, told.left) for told in tapped.told] == [(GONE, 0)]


async def test_a_tap_without_an_answer_is_told_of():
    assert PATIENCE_S > 0.3
    tapped = await bought(Till(None), seconds_max=0.3)
    assert (tapped.taps, tapped.lost, tapped.told) == (1, 1, [])


async def test_a_tap_that_is_not_answered_is_repeated_under_its_key(monkeypatch):
    monkeypatch.setattr("loadtest.sale.taps.PATIENCE_S", 0.1)
    till = Till(None, hold("h"))
    tapped = await bought(till)
    assert (tapped.taps, tapped.lost, tapped.doubled, dict(till.keys)) == (2, 1, 0, {"tap-of-s": 2})


async def test_a_second_answer_to_one_tap_is_told_of():
    tapped = await bought(Till(hold("h"), copies=2), again=1.0)
    assert tapped.taps == 2
    assert tapped.doubled >= 1


def test_an_answer_is_read_as_it_is_sent():
    assert reserve(7, "s", 2, "tap-of-s") == b'427["reserve",{"sale":"s","qty":2,"key":"tap-of-s"}]'
    text = b"437" + json.dumps([hold("h")]).encode()
    assert told_of(text, "s", 3.0) == (7, Told(3.0, "h", 1), -1)
    assert told_of(text, "t", 3.0)[1].units == 0
    later = b"438" + json.dumps([refusal(1003, "too_fast", retry_after_ms=250)]).encode()
    assert told_of(later, "s", 3.0) == (8, Told(3.0, "", 0, "1003 too_fast", -1, is_final=False), 250)


# --- all of it ---


def test_a_sale_on_the_real_demo_is_sound(tmp_path, capsys):
    path = tmp_path / "sale.json"
    plan = f"--buyers 120 --units 30 --within 0.5 --chat --viewers 20 --twice 0.3 --again 0.3 --port {free_port()}"
    status = command.main([*plan.split(), "--json", str(path)])
    said = capsys.readouterr().out
    assert status == 0, said
    [one] = msgspec.json.decode(path.read_bytes(), type=Report).rounds
    assert one.figures.answered == 120
    assert one.figures.held == 30
    assert one.refusals == {GONE: 90}
    assert one.figures.taps > 120
    assert 0 < one.figures.p50_ms <= one.figures.p99_ms <= one.figures.max_ms
    assert one.figures.chat_p99_ms is not None
    assert set(one.invariants) == {invariant.__name__ for invariant in INVARIANTS}
    assert all(one.invariants.values())
    assert "sound: no invariant broken" in said


def test_taps_on_an_idle_server_are_answered_one_by_one(capsys):
    assert command.main(["--idle", "20", "--port", str(free_port())]) == 0
    assert "20 taps, one at a time" in capsys.readouterr().out
