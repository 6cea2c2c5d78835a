"""What a decision allows, its reducer accepts and the log can store; what it refuses, it refuses by name and leaves as it was.

Rooms here grow by decided messages alone, as they do in the server.
"""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from commerce.catalogue.errors import BagFull, CardNotFound
from commerce.catalogue.room_messages import bag_put, bag_removed, known_card, pinned
from commerce.coupons.errors import CouponNotFound
from commerce.coupons.room_messages import coupon_ended
from livehub.hub.chat.errors import ModerationFull
from livehub.hub.chat.room_messages import FOR_GOOD_TS, banned, is_banned, muted, muted_for_ms
from livehub.hub.quizzes.errors import QuizOpenAlready
from livehub.hub.quizzes.room_messages import quiz_opened
from livehub.room.errors import ShowTransition
from livehub.room.models import Card, CouponCard, Host, QuizCard
from livehub.room.room_messages import edited, show_changed
from livehub.room.state import RoomState
from tests.room import said
from tests.room.said import seen
from tests.room.strategies import (
    BOUNDS,
    CARDS,
    COUPONS,
    NOW_MS,
    SMALL,
    apply,
    cards,
    coupon_cards,
    empty_room,
    quiz_cards,
    users,
)

SECONDS = st.sampled_from([None, 0, 1, 3, 31_536_000])

# Each is (name of the decision, its argument); see `decided`.
wishes = st.one_of(
    st.tuples(st.just("show"), st.sampled_from(["scheduled", "live", "paused", "ended"])),
    st.tuples(st.just("pin"), cards),
    st.tuples(st.just("put"), cards),
    st.tuples(st.just("remove"), st.sampled_from(CARDS)),
    st.tuples(st.just("drop coupon"), coupon_cards),
    st.tuples(st.just("end coupon"), st.sampled_from(COUPONS)),
    st.tuples(st.just("quiz"), quiz_cards),
    st.tuples(st.just("mute"), st.tuples(users, SECONDS)),
    st.tuples(st.just("ban"), st.tuples(users, SECONDS)),
)
shows = st.lists(wishes, max_size=25)


def decided(state: RoomState, wish: tuple[str, object], now_ms: int) -> Struct:  # noqa: PLR0911
    match wish:
        case "show", ("scheduled" | "live" | "paused" | "ended") as status:
            return show_changed(state, status, now_ms=now_ms)
        case "pin", Card() as card:
            return pinned(state, card, BOUNDS)
        case "put", Card() as card:
            return bag_put(state, card, BOUNDS)
        case "remove", str(card_id):
            return bag_removed(state, card_id)
        case "drop coupon", CouponCard() as coupon:
            return said.CouponShown(coupon=coupon)
        case "end coupon", str(coupon_id):
            return coupon_ended(state, coupon_id)
        case "quiz", QuizCard() as quiz:
            return quiz_opened(state, quiz)
        case "mute", (str(user), int() | None as seconds):
            return muted(state, user, seconds, now_ms=now_ms, bounds=BOUNDS)
        case "ban", (str(user), int() | None as seconds):
            return banned(state, user, seconds, now_ms=now_ms, bounds=BOUNDS)
    raise NotImplementedError(wish)


def allowed(state: RoomState, wish: tuple[str, object], now_ms: int) -> Struct | None:
    """What was decided, or None for a refusal."""
    try:
        return decided(state, wish, now_ms)
    except (ShowTransition, BagFull, CardNotFound, CouponNotFound, QuizOpenAlready, ModerationFull):
        return None


def room_with(*messages: Struct) -> RoomState:
    state = empty_room()
    for data in messages:
        state = apply(state, data, ts=NOW_MS)
    return state


def full_bag() -> RoomState:
    return room_with(*(said.BagPut(card=Card(id=name, no=no, title=name)) for no, name in enumerate("abc", 1)))


@given(shows)
def test_whatever_is_allowed_can_be_stored_and_applied_and_a_refusal_leaves_nothing(
    show: list[tuple[str, object]],
) -> None:
    state = empty_room()
    for step, wish in enumerate(show):
        now_ms = NOW_MS + step
        before = bytes(SMALL.stored(state))
        data = allowed(state, wish, now_ms)
        assert bytes(SMALL.stored(state)) == before
        if data is None:
            continue
        stored = SMALL.decode(SMALL.control("demo", "e", 1, now_ms, data))
        assert stored is not None
        assert stored == data
        state = apply(state, stored, ts=now_ms)
        view = seen(state)
        assert view.pin is None or view.pin in view.bag


@given(shows, wishes)
def test_what_was_allowed_is_there_afterwards(show: list[tuple[str, object]], wish: tuple[str, object]) -> None:
    state = empty_room()
    for step, earlier in enumerate(show):
        data = allowed(state, earlier, NOW_MS + step)
        state = state if data is None else apply(state, data, ts=NOW_MS + step)
    now_ms = NOW_MS + len(show)
    data = allowed(state, wish, now_ms)
    if data is None:
        return
    after = apply(state, data, ts=now_ms)
    match wish:
        case "show", status:
            assert seen(after).show.status == status
        case "pin", Card() as card:
            assert seen(after).pin == msgspec.structs.replace(card, no=seen(after).pin.no)
        case "put", Card() as card:
            assert {known.id for known in seen(state).bag} | {card.id} == {known.id for known in seen(after).bag}
        case "remove", card_id:
            assert card_id not in {known.id for known in seen(after).bag}
        case "quiz", quiz:
            assert seen(after).quiz == quiz
        case "mute", (str(user), seconds):
            assert muted_for_ms(after, user, now_ms) == (
                FOR_GOOD_TS - now_ms if seconds is None else int(str(seconds)) * 1000
            )
        case "ban", (str(user), seconds):
            assert is_banned(after, user, now_ms) is (seconds != 0)


def test_a_full_bag_takes_no_new_card_but_changes_a_known_one() -> None:
    state = full_bag()
    new, known = Card(id="d", title="d"), Card(id="b", no=2, title="better")
    for way in (pinned, bag_put):
        with pytest.raises(BagFull):
            way(state, new, BOUNDS)
    assert pinned(state, known, BOUNDS) == said.Pinned(card=known)
    assert bag_put(state, known, BOUNDS) == said.BagPut(card=known)


def test_what_is_not_there_cannot_be_named() -> None:
    with pytest.raises(CardNotFound):
        bag_removed(full_bag(), "d")
    with pytest.raises(CardNotFound):
        known_card(full_bag(), "d")
    assert known_card(full_bag(), "c") == Card(id="c", no=3, title="c")
    with pytest.raises(CouponNotFound):
        coupon_ended(empty_room(), "p")


def test_one_of_the_coupons_that_are_shown_can_be_ended() -> None:
    coupons = [CouponCard(id=name, title="off", amount_minor=5, currency="CNY", total=1) for name in "pq"]
    state = room_with(*(said.CouponShown(coupon=coupon) for coupon in coupons))
    for name in "pq":
        assert coupon_ended(state, name) == said.CouponEnded(coupon=name)
    with pytest.raises(CouponNotFound):
        coupon_ended(state, "r")


def test_one_quiz_at_a_time_and_the_next_one_after_it_is_closed() -> None:
    first = QuizCard(id="q1", kind="number", question="?", opens_ts=NOW_MS, closes_ts=NOW_MS + 1)
    second = msgspec.structs.replace(first, id="q2")
    state = room_with(said.QuizOpened(quiz=first))
    with pytest.raises(QuizOpenAlready):
        quiz_opened(state, second)
    closed = apply(state, said.QuizClosed(quiz="q1"), ts=NOW_MS)
    assert quiz_opened(closed, second) == said.QuizOpened(quiz=second)


@pytest.mark.parametrize("way", [muted, banned])
def test_a_full_list_of_restrictions_refuses_one_more_but_never_a_lift_or_a_change(
    way: Callable[..., said.Muted | said.Banned],
) -> None:
    kind = said.Muted if way is muted else said.Banned
    state = room_with(*(kind(user=user, until_ts=NOW_MS + 10_000) for user in ("ann", "bob")))
    with pytest.raises(ModerationFull):
        way(state, "cho", 60, now_ms=NOW_MS, bounds=BOUNDS)
    assert way(state, "bob", None, now_ms=NOW_MS, bounds=BOUNDS) == kind(user="bob", until_ts=FOR_GOOD_TS)
    assert way(state, "cho", 0, now_ms=NOW_MS, bounds=BOUNDS) == kind(user="cho", until_ts=0)
    later_ms = NOW_MS + 10_000  # both are over
    assert way(state, "cho", 60, now_ms=later_ms, bounds=BOUNDS) == kind(user="cho", until_ts=later_ms + 60_000)


def test_an_edit_leaves_what_it_does_not_name() -> None:
    before = said.RoomEdited(title="Old", host=Host(name="Farm"), poster="/old.png", notice="soon")
    state = room_with(before)
    assert edited(state, title=None, host=None, poster=None, notice=None) == before
    assert edited(state, title=None, host=None, poster="", notice=None).poster is None
    assert edited(state, title="New", host=Host(name="Kitchen"), poster="/new.png", notice="") == (
        said.RoomEdited(title="New", host=Host(name="Kitchen"), poster="/new.png", notice="")
    )


def test_the_same_state_again_is_refused() -> None:
    with pytest.raises(ShowTransition, match=r"^The show is scheduled; it cannot become scheduled\.$"):
        show_changed(empty_room(), "scheduled", now_ms=NOW_MS)
