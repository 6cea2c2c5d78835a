"""What a room shows of its sales: each once, those that are over leave first, and what is stored reads back the same."""

import json

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from commerce.sales.room_messages import (
    CONTROL_MESSAGES,
    SALES,
    SaleCard,
    SaleClosed,
    SaleOpened,
    SaleRemoved,
    SaleScheduled,
    is_shown,
)
from livehub.room.controls import Registry
from livehub.room.models import Card
from livehub.room.state import RoomState

SMALL = Registry(CONTROL_MESSAGES, {"sales_shown_max": 3}.__getitem__)
HONEY = Card(id="honey", title="Honey")
NOW_MS = 1_800_000_000_000

ids = st.sampled_from("abcdef")
cards = st.builds(
    SaleCard,
    id=ids,
    card=st.just(HONEY),
    price_minor=st.integers(0, 9),
    currency=st.just("CNY"),
    units=st.integers(1, 9),
    per_person_max=st.just(1),
    opens_ts=st.none() | st.just(NOW_MS),
    state=st.just("scheduled"),
)
messages = st.one_of(
    st.builds(SaleScheduled, sale=cards),
    st.builds(SaleOpened, sale=cards.map(lambda card: structs.replace(card, state="open"))),
    st.builds(SaleClosed, sale=ids),
    st.builds(SaleRemoved, sale=ids),
)


def card(id_: str, state: str = "open") -> SaleCard:
    return SaleCard(id=id_, card=HONEY, price_minor=1, currency="CNY", units=1, per_person_max=1, state=state)


def after(*said: object) -> RoomState:
    state = SMALL.initial("demo", {})
    for data in said:
        state = SMALL.reduce(state, data, ts=NOW_MS)  # type: ignore[arg-type]
    return state


def shown(state: RoomState) -> list[tuple[str, str]]:
    return [(sale.id, sale.state) for sale in state[SALES].sales]


def test_the_latest_comes_first_and_a_known_one_changes_in_place():
    scheduled = after(SaleScheduled(sale=card("a", "scheduled")), SaleScheduled(sale=card("b", "scheduled")))
    assert shown(scheduled) == [("b", "scheduled"), ("a", "scheduled")]
    opened = SMALL.reduce(scheduled, SaleOpened(sale=card("a")), ts=NOW_MS)
    assert shown(opened) == [("b", "scheduled"), ("a", "open")]
    assert opened[SALES].sales[1] == card("a")
    assert [is_shown(opened, sale) for sale in "abc"] == [True, True, False]


def test_one_that_is_closed_stays_until_it_is_removed_or_there_are_too_many():
    said = [SaleOpened(sale=card(id_)) for id_ in "abc"]
    closed = after(*said, SaleClosed(sale="b"))
    assert shown(closed) == [("c", "open"), ("b", "closed"), ("a", "open")]
    assert shown(SMALL.reduce(closed, SaleRemoved(sale="b"), ts=NOW_MS)) == [("c", "open"), ("a", "open")]
    assert shown(SMALL.reduce(closed, SaleOpened(sale=card("d")), ts=NOW_MS)) == [(i, "open") for i in "dca"]
    assert shown(after(*said, SaleOpened(sale=card("d")))) == [("d", "open"), ("c", "open"), ("b", "open")]


@given(st.lists(messages, max_size=30))
def test_whatever_is_said_each_is_shown_once_within_the_bound_and_reads_back(said: list[object]):
    state = after(*said)
    ids_shown = [id_ for id_, _ in shown(state)]
    assert len(ids_shown) == len(set(ids_shown)) <= 3
    stored = json.dumps(json.loads(bytes(SMALL.stored(state))), sort_keys=True)
    assert SMALL.read("demo", stored).state[SALES] == state[SALES]
