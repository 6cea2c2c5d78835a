"""What control messages make of a room, as examples that the pages' own reducer is held to (web/src/shared/reduce.test.ts).

    python -m tests.room.reductions      writes web/src/shared/reductions.json anew

Drawn at random, but always the same; many short stories from a few ids, so that messages meet, and one with full lists.
"""

import random
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from livehub.room import wire
from livehub.room.shown import Card, CouponCard, Host, Program, Question, QuizCard, QuizResult, RoomView, Show
from livehub.room.state import Bounds, RoomState, apply

FILE = Path(__file__).parent.parent.parent / "web/src/shared/reductions.json"
STORIES = 60
STEPS = 12
NOW_MS = 1_800_000_000_000


class Story(Struct, frozen=True, kw_only=True):
    """`view` before, what came, `then` after."""

    view: RoomView
    controls: list[wire.ControlData]
    then: RoomView


def card(chance: random.Random, id_: str | None = None) -> Card:
    price = chance.choice([None, 990, 3_990])
    return Card(
        id=id_ or chance.choice("abcde"), title=chance.choice(["Honey", "蜂蜜"]), price_minor=price, currency="CNY"
    )


def coupon(chance: random.Random, id_: str | None = None) -> CouponCard:
    total = chance.randint(1, 9)
    return CouponCard(id=id_ or chance.choice("pqrs"), title="five off", amount_minor=500, currency="CNY", total=total)


def question(chance: random.Random, id_: str | None = None) -> Question:
    return Question(
        id=id_ or chance.choice("xyz"), name="Ann", text=chance.choice(["When?", "Where?"]), answered_ts=NOW_MS
    )


def quiz(chance: random.Random) -> QuizCard:
    closes_ts = NOW_MS + 30_000
    id_ = chance.choice(["q1", "q2"])
    return QuizCard(id=id_, kind="choice", question="?", options=["a", "b"], opens_ts=NOW_MS, closes_ts=closes_ts)


def show(chance: random.Random) -> Show:
    return Show(status=chance.choice(["scheduled", "live", "paused", "ended"]), since_ts=NOW_MS)


def program(chance: random.Random) -> Program | None:
    camera = chance.choice([None, "cam-1", "cam-2"])
    return chance.choice([None, Program(camera=camera, name="Field", since_ts=NOW_MS, hls="/live/demo/index.m3u8")])


DRAWN: dict[type[Struct], Callable[[random.Random], wire.ControlData]] = {
    wire.ShowChanged: lambda c: wire.ShowChanged(show=show(c)),
    wire.RoomEdited: lambda c: wire.RoomEdited(title=c.choice(["One", "Two"]), host=Host(name="Farm"), notice="hello"),
    wire.Pinned: lambda c: wire.Pinned(card=card(c)),
    wire.Unpinned: lambda _c: wire.Unpinned(),
    wire.BagPut: lambda c: wire.BagPut(card=card(c)),
    wire.BagRemoved: lambda c: wire.BagRemoved(card=c.choice("abcde")),
    wire.CouponShown: lambda c: wire.CouponShown(coupon=coupon(c)),
    wire.CouponEnded: lambda c: wire.CouponEnded(coupon=c.choice("pqrs")),
    wire.QuizOpened: lambda c: wire.QuizOpened(quiz=quiz(c)),
    wire.QuizClosed: lambda c: wire.QuizClosed(quiz=c.choice(["q1", "q2"])),
    wire.QuizDecided: lambda c: wire.QuizDecided(
        quiz=c.choice(["q1", "q2"]),
        result=QuizResult(answers=3, counts=[1, 2], winners=[], winners_total=0, correct_choice=1),
    ),
    wire.QuestionAnswered: lambda c: wire.QuestionAnswered(question=question(c)),
    wire.SlowModeSet: lambda c: wire.SlowModeSet(seconds=c.randint(0, 9)),
    wire.LineDeleted: lambda _c: wire.LineDeleted(line="line"),
    wire.Muted: lambda c: wire.Muted(user="ann", until_ts=c.choice([0, NOW_MS + 9])),
    wire.Banned: lambda c: wire.Banned(user="ann", until_ts=c.choice([0, NOW_MS + 9])),
    wire.CameraSwitched: lambda c: wire.CameraSwitched(program=program(c), reason="cut"),
}


def full(chance: random.Random) -> RoomView:
    """A room whose lists hold as much as they may."""
    bounds = Bounds()
    return RoomView(
        id="demo",
        title="Farm day",
        host=Host(name="Farm"),
        bag=tuple(card(chance, f"card-{n}") for n in range(bounds.bag_max)),
        coupons=tuple(coupon(chance, f"coupon-{n}") for n in range(bounds.coupons_max)),
        questions=tuple(question(chance, f"question-{n}") for n in range(bounds.questions_max)),
    )


def stories() -> list[Story]:
    """Always the same."""
    chance = random.Random(20_261_122)
    empty = RoomView(id="demo", title="Farm day", host=Host(name="Farm"))
    told = [told_of(empty, [DRAWN[chance.choice(list(DRAWN))](chance) for _ in range(STEPS)]) for _ in range(STORIES)]
    more = [DRAWN[kind](chance) for kind in (wire.BagPut, wire.Pinned, wire.CouponShown, wire.QuestionAnswered)]
    return [*told, told_of(full(chance), more)]


def told_of(view: RoomView, controls: list[wire.ControlData]) -> Story:
    state = RoomState(view=view)
    for data in controls:
        state = apply(state, data, ts=NOW_MS, bounds=Bounds())
    return Story(view=view, controls=controls, then=state.view)


def text() -> str:
    """The file: a story a line."""
    return "[\n" + ",\n".join(msgspec.json.encode(story).decode() for story in stories()) + "\n]\n"


if __name__ == "__main__":
    FILE.write_text(text())
