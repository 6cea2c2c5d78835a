"""The checker of kill runs: each invariant is found broken in a history made for it, and no right history is complained of."""

import math
from typing import Any

import msgspec
import pytest

from loadtest.kill.history import INVARIANTS, broken, late_holds, refusals
from loadtest.kill.operations import (
    EpochRow,
    History,
    HoldRow,
    Line,
    Operation,
    ResourceRow,
    Sale,
    Seen,
    Took,
    WaitRow,
)

PEARS, PLUMS = "pears", "plums"  # sales, of one product
HOLD_S, WAIT_S = 100.0, 50.0


def line(qty: int = 1, sale: str = PEARS) -> tuple[Line, ...]:
    return (Line(sale, qty),)


def seen(id_: str, made_s: float, *, qty: int = 1, state: str = "held", ttl_s: float = HOLD_S) -> Seen:
    return Seen(id=id_, state=state, lines=line(qty), expires_s=made_s + ttl_s)


def tap(
    person: str, start_s: float, end_s: float | None = None, *, key: str = "k", qty: int = 1, **told: Any
) -> Operation:
    """A reservation: without an answer, unless there is a `hold` or an `answer`."""
    hold: Seen | None = told.pop("hold", None)
    given = {"kind": "reserve", "answer": "held" if hold else "", "is_final": end_s is not None, **told}
    holds = (hold,) if hold else ()
    return Operation(person=person, key=key, lines=line(qty), start_s=start_s, end_s=end_s, holds=holds, **given)


def held(
    person: str, id_: str, start_s: float, end_s: float, *, key: str = "k", qty: int = 1, **told: Any
) -> Operation:
    """One that was answered with a hold."""
    return tap(person, start_s, end_s, key=key, qty=qty, hold=seen(id_, end_s, qty=qty), **told)


def refused(person: str, answer: str, start_s: float, end_s: float, *, key: str = "r", qty: int = 1) -> Operation:
    return tap(person, start_s, end_s, key=key, qty=qty, answer=answer)


def wait(person: str, start_s: float, end_s: float, *, key: str = "w", qty: int = 1) -> Operation:
    return tap(person, start_s, end_s, key=key, qty=qty, kind="wait", answer="waiting")


def release(
    person: str, id_: str, start_s: float, end_s: float | None, answer: str = "done", state: str = ""
) -> Operation:
    return Operation(
        kind="release",
        person=person,
        hold=id_,
        start_s=start_s,
        end_s=end_s,
        answer=answer if end_s is not None else "",
        is_final=end_s is not None,
        state=state,
    )


def looks(person: str, start_s: float, end_s: float, *holds: Seen) -> Operation:
    return Operation(
        kind="holds", person=person, start_s=start_s, end_s=end_s, answer="holds", is_final=True, holds=holds
    )


def row(
    person: str, id_: str, made_s: float, *, key: str = "k", qty: int = 1, state: str = "held", ttl_s: float = HOLD_S
) -> HoldRow:
    has = qty if state in ("held", "closing", "confirmed") else 0
    lines = (Took("sale:pears", qty, has), Took("product:fruit", qty, has))
    return HoldRow(id=id_, person=person, key=key, state=state, made_s=made_s, expires_s=made_s + ttl_s, lines=lines)


def history(
    *operations: Operation,
    rows: tuple[HoldRow, ...] = (),
    waits: tuple[WaitRow, ...] = (),
    units: int = 2,
    limit: int = 2,
    read_s: float = 20.0,
    **changed: Any,
) -> History:
    """A run in which `units` of pears were on sale, `limit` for each."""
    taken = sum(line.has for one in rows for line in one.lines if line.resource == "sale:pears")
    given: dict[str, Any] = {
        "sales": [
            Sale(id=PEARS, product="fruit", units=units, per_person_max=limit),
            Sale(id=PLUMS, product="fruit", units=5, per_person_max=limit),
        ],
        "products": {"fruit": 100},
        "hold_ttl_s": HOLD_S,
        "wait_ttl_s": WAIT_S,
        "operations": list(operations),
        "holds": list(rows),
        "resources": [
            ResourceRow(id="sale:pears", units=units, held=taken, sold=0),
            ResourceRow(id="sale:plums", units=5, held=0, sold=0),
            ResourceRow(id="product:fruit", units=100, held=taken, sold=0),
        ],
        "waits": list(waits),
        "epochs": [EpochRow(epoch=1, now_ms=1_000, is_over=True), EpochRow(epoch=2, now_ms=2_000, is_over=False)],
        "read_s": read_s,
    }
    return History(**given | changed)


def found(told: History) -> set[str]:
    """The invariants that are broken."""
    return {violation.invariant for violation in broken(told)}


ANN = held("ann", "h1", 1.0, 1.1)
ANN_ROW = row("ann", "h1", 1.05)
BOB = held("bob", "h2", 1.0, 1.2)
BOB_ROW = row("bob", "h2", 1.05)


# --- what is right ---

RIGHT = {
    "nothing happened": history(),
    "a hold": history(ANN, rows=(ANN_ROW,)),
    "the last unit, and one who came too late": history(
        ANN, BOB, refused("eve", "sold_out", 1.3, 1.4), rows=(ANN_ROW, BOB_ROW)
    ),
    "one who came when the last unit may have been gone": history(
        ANN, BOB, refused("eve", "sold_out", 1.0, 1.1), rows=(ANN_ROW, BOB_ROW)
    ),
    "refused while somebody who got no answer had the unit": history(
        tap("ann", 1.0),
        refused("eve", "sold_out", 3.0, 3.1),
        tap("ann", 5.0, 5.1, hold=seen("h1", 2.0)),
        rows=(row("ann", "h1", 2.0),),
        units=1,
    ),
    "refused as the same tap that had come before the release, and was not answered yet": history(
        ANN, tap("eve", 1.5, key="r"), release("ann", "h1", 2.0, 2.1), refused("eve", "sold_out", 3.0, 3.1),
        rows=(row("ann", "h1", 1.05, state="released"),), units=1,
    ),
    "told of a limit as the same tap before": history(
        ANN, tap("ann", 1.5, 3.05, key="r", answer="limit_reached"), release("ann", "h1", 2.0, 2.1),
        refused("ann", "limit_reached", 3.0, 3.1), rows=(row("ann", "h1", 1.05, state="released"),), limit=1,
    ),
    "refused while a release was on its way": history(
        ANN,
        release("ann", "h1", 2.0, 2.5),
        refused("eve", "sold_out", 2.3, 2.4),
        rows=(row("ann", "h1", 1.05, state="released"),),
        units=1,
    ),
    "refused before a release without an answer was done": history(
        ANN, release("ann", "h1", 2.0, None), release("ann", "h1", 6.0, 6.1), refused("eve", "sold_out", 5.0, 5.1),
        rows=(row("ann", "h1", 1.05, state="released"),), units=1,
    ),
    "refused while two of the product were left, of whom they wanted three": history(
        refused("eve", "sold_out", 1.0, 1.1, qty=3)
    ),
    "the same key, twice at once and once more": history(
        held("ann", "h1", 1.0, 1.1), tap("ann", 1.0, 1.2, hold=seen("h1", 1.1)), tap("ann", 2.0, 2.1, hold=seen("h1", 1.1)),
        rows=(ANN_ROW,),
    ),
    "a key that was refused, and later was not": history(
        ANN, release("ann", "h1", 2.0, 2.1), refused("eve", "sold_out", 1.5, 1.6, key="k"), held("eve", "h3", 3.0, 3.1),
        rows=(row("ann", "h1", 1.05, state="released"), row("eve", "h3", 3.05)), units=1,
    ),
    "a key without an answer, refused later, and done after all": history(
        tap("ann", 1.0), refused("ann", "sold_out", 2.0, 2.1, key="k", qty=1), BOB,
        rows=(row("ann", "h1", 3.0), BOB_ROW), units=1,
        resources=[
            ResourceRow(id="sale:pears", units=1, held=1, sold=0),
            ResourceRow(id="sale:plums", units=5, held=0, sold=0),
            ResourceRow(id="product:fruit", units=100, held=1, sold=0),
        ],
        holds=[row("ann", "h1", 3.0), row("bob", "h2", 1.05, state="released")],
    ),
    "too many, as the limit has it": history(
        held("ann", "h1", 1.0, 1.1, qty=2), refused("ann", "limit_reached", 1.3, 1.4), rows=(row("ann", "h1", 1.05, qty=2),)
    ),
    "more than the limit, but one after the other": history(
        held("ann", "h1", 1.0, 1.1, qty=2), release("ann", "h1", 2.0, 2.2), held("ann", "h2", 2.1, 2.3, key="k2", qty=2),
        rows=(row("ann", "h1", 1.05, qty=2, state="released"), row("ann", "h2", 2.2, key="k2", qty=2)),
    ),
    "a hold that expired when it was to": history(
        ANN, tap("ann", 101.5, 101.6, hold=seen("h1", 1.1, state="expired")),
        release("ann", "h1", 101.7, 101.8, "hold_over", "expired"),
        rows=(row("ann", "h1", 1.05, state="expired"),), read_s=120.0,
    ),
    "a unit that is on sale again, since its hold is over": history(
        held("ann", "h1", 1.0, 1.1), held("bob", "h2", 101.3, 101.4),
        rows=(row("ann", "h1", 1.05, state="expired"), row("bob", "h2", 101.35)), units=1, read_s=102.0,
    ),
    "everybody in line had their turn": history(
        ANN, BOB, wait("eve", 2.0, 2.1), wait("dan", 2.2, 2.3), release("ann", "h1", 3.0, 3.1), release("bob", "h2", 3.2, 3.3),
        rows=(
            row("ann", "h1", 1.05, state="released"), row("bob", "h2", 1.05, state="released"),
            row("eve", "h3", 3.05, key="w", ttl_s=WAIT_S), row("dan", "h4", 3.25, key="w", ttl_s=WAIT_S),
        ),
    ),
    "one who wanted two stands in line, and one comes who wants one": history(
        ANN, wait("eve", 2.0, 2.1, qty=2), held("dan", "h3", 3.0, 3.1),
        rows=(ANN_ROW, row("dan", "h3", 3.05)), waits=(WaitRow(resource="sale:pears", person="eve", key="w"),),
    ),
    "one who left the line": history(
        wait("eve", 2.0, 2.1),
        Operation(kind="unwait", person="eve", start_s=2.5, end_s=2.6, answer="done", is_final=True, lines=line()),
        held("dan", "h3", 3.0, 3.1),
        rows=(row("dan", "h3", 3.05),),
    ),
    "one who may not have more": history(
        held("eve", "h1", 1.0, 1.1, qty=2), wait("eve", 2.0, 2.1), held("dan", "h3", 3.0, 3.1),
        rows=(row("eve", "h1", 1.05, qty=2), row("dan", "h3", 3.05)), units=3,
    ),
    "one who is told to come again, and does": history(
        tap("ann", 0.5, 0.6, answer="unavailable", is_final=False), ANN, rows=(ANN_ROW,)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_not_complained_of(name: str):
    assert broken(RIGHT[name]) == []


# --- what is wrong, and nothing else ---

WRONG = {
    "more is held than there is": (
        "books_add_up",
        history(ANN, rows=(ANN_ROW,), resources=[
            ResourceRow(id="sale:pears", units=2, held=3, sold=0),
            ResourceRow(id="sale:plums", units=5, held=0, sold=0),
            ResourceRow(id="product:fruit", units=100, held=1, sold=0),
        ]),
    ),
    "a unit was not given back": (
        "books_add_up",
        history(ANN, release("ann", "h1", 2.0, 2.1), rows=(row("ann", "h1", 1.05, state="released"),), resources=[
            ResourceRow(id="sale:pears", units=2, held=1, sold=0),
            ResourceRow(id="sale:plums", units=5, held=0, sold=0),
            ResourceRow(id="product:fruit", units=100, held=0, sold=0),
        ]),
    ),
    "units came from nowhere": (
        "books_add_up",
        history(resources=[
            ResourceRow(id="sale:pears", units=3, held=0, sold=0),
            ResourceRow(id="sale:plums", units=5, held=0, sold=0),
            ResourceRow(id="product:fruit", units=100, held=0, sold=0),
        ]),
    ),
    "a resource is gone": ("books_add_up", history(resources=[])),
    "two at once had the only unit, and gave it back": (
        "never_oversold",
        history(
            ANN, BOB, release("ann", "h1", 2.0, 2.1), release("bob", "h2", 2.0, 2.1),
            rows=(row("ann", "h1", 1.05, state="released"), row("bob", "h2", 1.05, state="released")), units=1,
        ),
    ),
    "a hold that was told is lost": ("acknowledged_is_kept", history(ANN)),
    "a hold that was told is somebody else's": (
        "acknowledged_is_kept",
        history(ANN, looks("bob", 2.0, 2.1, seen("h1", 1.1)), rows=(ANN_ROW,)),
    ),
    "a hold has another key": (
        "acknowledged_is_kept",
        history(held("ann", "h1", 0.1, 0.2, key="k9"), ANN, rows=(row("ann", "h1", 0.15, key="k9"),)),
    ),
    "their own hold is not found": (
        "acknowledged_is_kept",
        history(ANN, release("ann", "h1", 2.0, 2.1, "hold_not_found"), rows=(ANN_ROW,)),
    ),
    "a key made two holds": (
        "one_key_one_hold",
        history(ANN, tap("ann", 2.0, 2.1, hold=seen("h5", 2.1)), rows=(ANN_ROW, row("ann", "h5", 2.05))),
    ),
    "a key had a hold, and is refused": (
        "one_key_one_hold",
        history(ANN, BOB, tap("ann", 2.0, 2.1, answer="sold_out"), rows=(ANN_ROW, BOB_ROW)),
    ),
    "a key was refused, and made a hold": (
        "refused_is_refused",
        history(ANN, BOB, refused("eve", "sold_out", 2.0, 2.1), release("bob", "h2", 3.0, 3.1),
                rows=(ANN_ROW, row("bob", "h2", 1.05, state="released"), row("eve", "h3", 3.2, key="r"))),
    ),
    "nobody asked for a hold": ("nothing_from_nowhere", history(rows=(ANN_ROW,))),
    "a hold has more than was asked for": (
        "nothing_from_nowhere",
        history(tap("ann", 1.0), tap("ann", 1.5, 1.6, answer="unavailable"), rows=(row("ann", "h1", 1.05, qty=2),)),
    ),
    "sold out, while one was free all the time": (
        "sold_out_is_true", history(ANN, refused("eve", "sold_out", 2.0, 2.1), rows=(ANN_ROW,))
    ),
    "sold out, after a release was answered": (
        "sold_out_is_true",
        history(ANN, release("ann", "h1", 2.0, 2.1), refused("eve", "sold_out", 2.2, 2.3),
                rows=(row("ann", "h1", 1.05, state="released"),), units=1),
    ),
    "sold out, after a release was answered, when the same tap had come to another worker": (
        "sold_out_is_true",
        history(ANN, tap("eve", 1.5, key="r", via="worker-2"), release("ann", "h1", 2.0, 2.1),
                refused("eve", "sold_out", 2.2, 2.3), rows=(row("ann", "h1", 1.05, state="released"),), units=1),
    ),
    "sold out, after a release was answered, when the same tap had been answered before": (
        "sold_out_is_true",
        history(ANN, refused("eve", "unavailable", 1.5, 1.6), release("ann", "h1", 2.0, 2.1),
                refused("eve", "sold_out", 2.2, 2.3), rows=(row("ann", "h1", 1.05, state="released"),), units=1),
    ),
    "sold out, before anybody asked": (
        "sold_out_is_true", history(refused("eve", "sold_out", 0.1, 0.2), ANN, rows=(ANN_ROW,), units=1)
    ),
    "sold out, when the only hold was long over": (
        "sold_out_is_true",
        history(ANN, refused("eve", "sold_out", 110.0, 110.1), rows=(row("ann", "h1", 1.05, state="expired"),),
                units=1, read_s=120.0),
    ),
    "a limit is said to be reached that is not": (
        "limit_is_true", history(ANN, refused("ann", "limit_reached", 2.0, 2.1), rows=(ANN_ROW,))
    ),
    "a person had too many, for a while": (
        "limits_are_kept",
        history(
            ANN, held("ann", "h2", 1.2, 1.3, key="k2"), release("ann", "h1", 2.0, 2.1),
            rows=(row("ann", "h1", 1.05, state="released"), row("ann", "h2", 1.25, key="k2")), limit=1,
        ),
    ),
    "a person has too many in the end": (
        "limits_are_kept",
        history(tap("ann", 1.0), tap("ann", 1.0, 1.5, answer="unavailable"), tap("ann", 1.0, key="k2"),
                tap("ann", 1.0, 1.5, key="k2", answer="unavailable"),
                rows=(ANN_ROW, row("ann", "h2", 1.05, key="k2")), limit=1),
    ),
    "a hold was released, and is held again": (
        "ends_once",
        history(ANN, release("ann", "h1", 2.0, 2.1), looks("ann", 3.0, 3.1, seen("h1", 1.1)),
                rows=(row("ann", "h1", 1.05, state="released"),)),
    ),
    "a hold was released, and is held in the end": (
        "ends_once", history(ANN, release("ann", "h1", 2.0, 2.1), rows=(ANN_ROW,))
    ),
    "a hold expired, and was released": (
        "ends_once",
        history(ANN, release("ann", "h1", 102.0, 102.1, "hold_over", "expired"), release("ann", "h1", 102.2, 102.3),
                rows=(row("ann", "h1", 1.05, state="expired"),), read_s=110.0),
    ),
    "a hold is not listed": ("own_holds_are_listed", history(ANN, looks("ann", 2.0, 2.1), rows=(ANN_ROW,))),
    "a newcomer passed one in line, who got theirs later": (
        "line_is_kept",
        history(
            ANN, BOB, wait("eve", 2.0, 2.1), release("ann", "h1", 3.0, 3.1), held("dan", "h3", 3.0, 3.2),
            release("bob", "h2", 4.0, 4.1),
            rows=(row("ann", "h1", 1.05, state="released"), row("bob", "h2", 1.05, state="released"),
                  row("dan", "h3", 3.15), row("eve", "h4", 4.05, key="w", ttl_s=WAIT_S)),
        ),
    ),
    "a newcomer passed one in line, who still waits": (
        "line_is_kept",
        history(ANN, wait("eve", 2.0, 2.1), held("dan", "h3", 3.0, 3.2), rows=(ANN_ROW, row("dan", "h3", 3.15)),
                waits=(WaitRow(resource="sale:pears", person="eve", key="w"),)),
    ),
    "one who came later to the line had their turn first": (
        "line_is_kept",
        history(
            ANN, wait("eve", 2.0, 2.1), wait("dan", 2.2, 2.3), release("ann", "h1", 3.0, 3.1),
            rows=(row("ann", "h1", 1.05, state="released"), row("dan", "h3", 3.05, key="w", ttl_s=WAIT_S)),
            waits=(WaitRow(resource="sale:pears", person="eve", key="w"),), units=1,
        ),
    ),
    "one in line is forgotten": ("line_is_kept", history(ANN, BOB, wait("eve", 2.0, 2.1), rows=(ANN_ROW, BOB_ROW))),
    "a hold is over an hour early": (
        "time_is_kept",
        history(ANN, tap("ann", 3.0, 3.1, hold=seen("h1", 1.1, state="expired")),
                rows=(row("ann", "h1", 1.05, state="expired"),)),
    ),
    "a hold is for an hour longer": (
        "time_is_kept",
        history(tap("ann", 1.0, 1.1, hold=seen("h1", 1.1, ttl_s=3_700.0)), rows=(row("ann", "h1", 1.05, ttl_s=3_700.0),)),
    ),
    "a hold is over when it is made": (
        "time_is_kept",
        history(tap("ann", 1.0, 1.1, hold=seen("h1", 1.1, ttl_s=-3_500.0)),
                rows=(row("ann", "h1", -3_598.0, ttl_s=100.0),), read_s=-3_500.0 + 2.0),
    ),
    "time went back": (
        "time_is_kept",
        history(epochs=[EpochRow(epoch=1, now_ms=2_000, is_over=True), EpochRow(epoch=2, now_ms=1_999, is_over=False)]),
    ),
    "a hold is live long after its time": ("ends_in_time", history(ANN, rows=(ANN_ROW,), read_s=110.0)),
    "nobody ever answered": ("always_answered", history(tap("ann", 1.0), tap("ann", 5.0))),
    "a release is never answered": (
        "always_answered", history(ANN, release("ann", "h1", 2.0, None), rows=(ANN_ROW,))
    ),
    "something is broken inside": (
        "answers_make_sense", history(tap("ann", 1.0, 1.1, answer="internal"))
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found(name: str):
    invariant, told = WRONG[name]
    assert found(told) == {invariant}


def test_each_invariant_is_seen_broken():
    assert {invariant for invariant, _ in WRONG.values()} == set(INVARIANTS)


def test_a_violation_names_who_and_what():
    [violation] = broken(WRONG["sold out, while one was free all the time"][1])
    assert violation.text == (
        "reserve r 1 of pears by eve via , 2.000 s to 2.100 s, answered sold_out: all the time there were at least "
        "1 of sale:pears, 99 of product:fruit free"
    )


def test_a_history_survives_being_written_down():
    for _, told in WRONG.values():
        assert msgspec.json.decode(msgspec.json.encode(told), type=History) == told


def test_refusals_are_counted_by_reason():
    asked = [ANN, tap("bob", 1.0), refused("eve", "sold_out", 2.0, 2.1), refused("dan", "sold_out", 2.0, 2.1)]
    assert refusals(asked) == {"none": 1, "sold_out": 2}


def test_a_hold_made_after_its_key_was_refused_is_counted():
    assert late_holds(RIGHT["a key without an answer, refused later, and done after all"]) == ["h1"]
    assert late_holds(RIGHT["a hold"]) == []


def test_an_operation_without_an_answer_may_be_done_at_any_time():
    asked = tap("ann", 1.0)
    assert asked.end_s is None
    assert broken(history(asked, rows=(row("ann", "h1", 19.0),), read_s=math.inf)) != []
