"""What control messages make of a room, as examples that the pages' own reducer is held to (web/src/shared/reduce.test.ts).

    python -m tests.room.reductions      writes web/src/shared/reductions.json anew

Drawn at random, but always the same; many short stories from a few ids, so that messages meet, and one with full lists.
"""

import random
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from livehub.room.controls import Registry
from livehub.room.models import Card, ChatLine, CouponCard, Host, Question, QuizCard, QuizResult, Show
from livehub.room.state import RoomState
from tests.room import said
from tests.room.said import Program

FILE = Path(__file__).parent.parent.parent / "web/src/shared/reductions.json"
STORIES = 60
STEPS = 12
NOW_MS = 1_800_000_000_000
LINE = ChatLine(id="line", user="ann", name="Ann", role="viewer", text="hello", ts=NOW_MS)


class Story(Struct, frozen=True, kw_only=True):
    """`view` before, what came, `then` after, in a room that holds as much as `bounds` say."""

    bounds: dict[str, int]
    view: Raw
    controls: list[Raw]
    then: Raw


def card(chance: random.Random, id_: str | None = None) -> Card:
    price = chance.choice([None, 990, 3_990])
    return Card(
        id=(named := id_ or chance.choice("abcde")),
        no="abcde".index(named) + 1 if named in "abcde" else 6 + int(named.removeprefix("card-")),
        title=chance.choice(["Honey", "蜂蜜"]),
        price_minor=price,
        currency="CNY",
    )


def _titles(chance: random.Random) -> dict[str, str] | UnsetType:
    return {"zh": "一"} if chance.random() < 0.5 else UNSET


def coupon(chance: random.Random, id_: str | None = None) -> CouponCard:
    total = chance.randint(1, 9)
    return CouponCard(id=id_ or chance.choice("pqrs"), title="five off", amount_minor=500, currency="CNY", total=total)


def sale(chance: random.Random, state: str) -> said.SaleCard:
    return said.SaleCard(
        id=chance.choice("stuvw"), card=card(chance), price_minor=990, currency="CNY", units=chance.randint(1, 9),
        per_person_max=1, opens_ts=chance.choice([None, NOW_MS]), state=state,
    )  # fmt: skip


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


DRAWN: dict[type[Struct], Callable[[random.Random], Struct]] = {
    said.ShowChanged: lambda c: said.ShowChanged(show=show(c)),
    said.RoomEdited: lambda c: said.RoomEdited(
        title=c.choice(["One", "Two"]), host=Host(name="Farm"), notice="hello", titles=_titles(c)
    ),
    said.Pinned: lambda c: said.Pinned(card=card(c)),
    said.Unpinned: lambda _c: said.Unpinned(),
    said.BagPut: lambda c: said.BagPut(card=card(c)),
    said.BagRemoved: lambda c: said.BagRemoved(card=c.choice("abcde")),
    said.CouponShown: lambda c: said.CouponShown(coupon=coupon(c)),
    said.CouponEnded: lambda c: said.CouponEnded(coupon=c.choice("pqrs")),
    said.QuizOpened: lambda c: said.QuizOpened(quiz=quiz(c)),
    said.QuizClosed: lambda c: said.QuizClosed(quiz=c.choice(["q1", "q2"])),
    said.QuizDecided: lambda c: said.QuizDecided(
        quiz=c.choice(["q1", "q2"]),
        result=QuizResult(answers=3, counts=[1, 2], winners=[], winners_total=0, correct_choice=1),
    ),
    said.QuestionAnswered: lambda c: said.QuestionAnswered(question=question(c)),
    said.SlowModeSet: lambda c: said.SlowModeSet(seconds=c.randint(0, 9)),
    said.LineDeleted: lambda _c: said.LineDeleted(line="line"),
    said.LineRestored: lambda _c: said.LineRestored(line=LINE),
    said.HostNamed: lambda c: said.HostNamed(user="ann", kind=c.choice(["cohost", "expert", None])),
    said.Muted: lambda c: said.Muted(user="ann", until_ts=c.choice([0, NOW_MS + 9])),
    said.Banned: lambda c: said.Banned(user="ann", until_ts=c.choice([0, NOW_MS + 9])),
    said.SaleScheduled: lambda c: said.SaleScheduled(sale=sale(c, "scheduled")),
    said.SaleOpened: lambda c: said.SaleOpened(sale=sale(c, "open")),
    said.SaleChanged: lambda c: said.SaleChanged(sale=sale(c, "open")),
    said.SaleClosed: lambda c: said.SaleClosed(sale=c.choice("stuvw")),
    said.SaleRemoved: lambda c: said.SaleRemoved(sale=c.choice("stuvw")),
    said.CameraSwitched: lambda c: said.CameraSwitched(program=program(c), reason="cut"),
}


def full(chance: random.Random, registry: Registry) -> RoomState:
    """A room whose lists hold as much as they may."""
    state = said.new_room(registry)
    drawn = [
        *(said.BagPut(card=card(chance, f"card-{n}")) for n in range(registry.bounds["bag_max"])),
        *(said.CouponShown(coupon=coupon(chance, f"coupon-{n}")) for n in range(registry.bounds["coupons_max"])),
        *(said.QuestionAnswered(question=question(chance, f"q-{n}")) for n in range(registry.bounds["questions_max"])),
    ]
    for data in drawn:
        state = registry.reduce(state, data, ts=NOW_MS)
    return state


def stories() -> list[Story]:
    """Always the same."""
    chance = random.Random(20_261_122)
    small = said.registry_of({"bag_max": 4, "coupons_shown_max": 3, "questions_shown_max": 2, "sales_shown_max": 3})
    told = []
    for number in range(STORIES):
        registry = small if number % 3 == 0 else said.REGISTRY
        drawn = [DRAWN[chance.choice(list(DRAWN))](chance) for _ in range(STEPS)]
        told.append(told_of(registry, said.new_room(registry), drawn))
    for registry in (small, said.REGISTRY):
        more = [DRAWN[kind](chance) for kind in (said.BagPut, said.Pinned, said.CouponShown, said.QuestionAnswered)]
        told.append(told_of(registry, full(chance, registry), more))
    return told


def told_of(registry: Registry, state: RoomState, controls: list[Struct]) -> Story:
    view = registry.view(state)
    for data in controls:
        state = registry.reduce(state, data, ts=NOW_MS)
    written = [Raw(said.written(data)) for data in controls]
    return Story(bounds=registry.shown_bounds, view=view, controls=written, then=registry.view(state))


def text() -> str:
    """The file: a story a line."""
    return "[\n" + ",\n".join(msgspec.json.encode(story).decode() for story in stories()) + "\n]\n"


if __name__ == "__main__":
    FILE.write_text(text())
