"""A snapshot plus what follows it is the room, for any sequence of messages; no list outgrows its bound.

No state is changed in place, and restrictions count until their moment and no longer.
"""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from livehub.hub.chat.room_messages import FOR_GOOD_TS, Restrictions, is_banned, muted_for_ms
from livehub.hub.rooms.room_hosts import HostNamed
from livehub.room.models import Card, ChatLine, CouponCard, Host, Question, QuizCard, QuizResult, Show
from livehub.room.state import RoomState
from tests.room import said
from tests.room.said import RESTRICTIONS, Program, seen
from tests.room.strategies import NOW_MS, SMALL, USERS, apply, as_stored, controls, empty_room

HONEY = Card(id="a", no=1, title="Honey", price_minor=6_800, currency="CNY")
BREAD = Card(id="b", no=2, title="Bread", price_minor=2_200, currency="CNY")
QUIZ = QuizCard(id="q1", kind="number", question="How sweet?", opens_ts=NOW_MS, closes_ts=NOW_MS + 30_000)
RESULT = QuizResult(answers=1, counts=[1], winners=[], winners_total=0, correct_value=13.0, edges=[13.0, 13.0])

# (what, milliseconds since the message before)
logs = st.lists(st.tuples(controls, st.integers(0, 5)), max_size=30)


def after(state: RoomState, *messages: Struct, ts: int = NOW_MS) -> RoomState:
    for data in messages:
        state = apply(state, data, ts=ts)
    return state


def replay(state: RoomState, log: list[tuple[Struct, int]], ts: int) -> tuple[RoomState, int]:
    for data, pause_ms in log:
        ts += pause_ms
        state = apply(state, data, ts=ts)
    return state, ts


def sizes_of(state: RoomState) -> dict[str, int]:
    view, restricted = seen(state), state[RESTRICTIONS]
    return {
        "bag": len(view.bag),
        "coupons": len(view.coupons),
        "questions": len(view.questions),
        "mutes": len(restricted.mutes),
        "bans": len(restricted.bans),
    }


@given(logs, st.data())
def test_a_stored_snapshot_and_the_rest_are_the_whole_replay(
    log: list[tuple[Struct, int]], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(log)))
    whole, _ = replay(empty_room(), log, NOW_MS)
    snapshot, ts = replay(empty_room(), log[:cut], NOW_MS)
    resumed, _ = replay(as_stored(snapshot), log[cut:], ts)
    assert resumed == whole


@given(logs)
def test_every_list_keeps_its_bound_and_holds_nothing_twice(log: list[tuple[Struct, int]]) -> None:
    most = {"bag": 3, "coupons": 2, "questions": 2, "mutes": 2, "bans": 2}
    state, ts = empty_room(), NOW_MS
    for data, pause_ms in log:
        ts += pause_ms
        state = apply(state, data, ts=ts)
        sizes = sizes_of(state)
        assert all(sizes[name] <= most[name] for name in most), sizes
        for shown in (seen(state).bag, seen(state).coupons, seen(state).questions):
            ids = [item.id for item in shown]
            assert len(set(ids)) == len(ids)


@given(logs, controls)
def test_applying_leaves_the_former_state_as_it_was(log: list[tuple[Struct, int]], data: Struct) -> None:
    state, ts = replay(empty_room(), log, NOW_MS)
    before = bytes(SMALL.stored(state))
    apply(state, data, ts=ts)
    assert bytes(SMALL.stored(state)) == before


@given(logs)
def test_only_running_restrictions_count_and_only_they_are_kept(log: list[tuple[Struct, int]]) -> None:
    state, ts = replay(empty_room(), log, NOW_MS)
    for user in USERS:
        until = state[RESTRICTIONS].mutes.get(user, 0)
        assert muted_for_ms(state, user, ts) == max(0, until - ts)
        assert is_banned(state, user, ts) == (state[RESTRICTIONS].bans.get(user, 0) > ts)
    swept = apply(state, said.Muted(user="somebody", until_ts=0), ts=ts + 100)
    assert swept[RESTRICTIONS].mutes == {}  # no test's restriction is longer than that


PICTURE = Program(camera="cam", name="Field", since_ts=NOW_MS, hls="/live/farm/index.m3u8")


def test_every_kind_of_message_changes_what_it_should_and_nothing_else() -> None:
    coupon = CouponCard(id="p", title="five off", amount_minor=500, currency="CNY", total=3)
    question = Question(id="n", name="Ann", text="When?", answered_ts=NOW_MS)
    on_sale = said.SaleCard(id="s1", card=HONEY, price_minor=1, currency="CNY", units=9, per_person_max=1, state="open")
    sale = msgspec.structs.replace(on_sale, id="s2")
    busy = after(
        empty_room(), said.Pinned(card=HONEY), said.CouponShown(coupon=coupon), said.QuizOpened(quiz=QUIZ),
        said.QuestionAnswered(question=question), said.Muted(user="ann", until_ts=FOR_GOOD_TS),
        said.Banned(user="bob", until_ts=FOR_GOOD_TS), said.SaleOpened(sale=on_sale),
    )  # fmt: skip
    changes: list[tuple[Struct, dict[str, object]]] = [
        (said.ShowChanged(show=Show(status="live", since_ts=NOW_MS)), {"show": Show(status="live", since_ts=NOW_MS)}),
        (said.RoomEdited(title="New", host=Host(name="Kitchen"), poster="/p.png", notice="soon"), {
            "title": "New", "host": Host(name="Kitchen"), "poster": "/p.png", "notice": "soon",
        }),
        (said.Pinned(card=BREAD), {"pin": BREAD, "bag": (BREAD, HONEY)}),
        (said.Unpinned(), {"pin": None}),
        (said.BagPut(card=BREAD), {"bag": (BREAD, HONEY)}),
        (said.BagRemoved(card="a"), {"pin": None, "bag": ()}),
        (said.CouponShown(coupon=msgspec.structs.replace(coupon, id="r")), {
            "coupons": (msgspec.structs.replace(coupon, id="r"), coupon),
        }),
        (said.CouponEnded(coupon="p"), {"coupons": ()}),
        (said.QuizOpened(quiz=msgspec.structs.replace(QUIZ, id="q2")), {"quiz": msgspec.structs.replace(QUIZ, id="q2")}),
        (said.QuizClosed(quiz="q1"), {"quiz": msgspec.structs.replace(QUIZ, status="closed")}),
        (said.QuizClosed(quiz="q2"), {}),
        (said.QuizDecided(quiz="q2", result=RESULT), {}),
        (said.QuestionAnswered(question=msgspec.structs.replace(question, answer="Soon.")), {
            "questions": (msgspec.structs.replace(question, answer="Soon."),),
        }),
        (said.SlowModeSet(seconds=30), {"slow_mode_s": 30}),
        (said.SaleScheduled(sale=sale), {"sales": (sale, on_sale)}),
        (said.SaleOpened(sale=sale), {"sales": (sale, on_sale)}),
        (said.SaleChanged(sale=msgspec.structs.replace(on_sale, units=12)), {
            "sales": (msgspec.structs.replace(on_sale, units=12),),
        }),
        (said.SaleClosed(sale="s1"), {"sales": (msgspec.structs.replace(on_sale, state="closed"),)}),
        (said.SaleRemoved(sale="s1"), {"sales": ()}),
        (said.LineDeleted(line="line"), {}),
        (said.LineRestored(line=ChatLine(id="l", user="u", name="U", role="viewer", text="hi", ts=NOW_MS)), {}),
        (said.CameraSwitched(program=PICTURE, reason="cut"), {"program": PICTURE}),
        (HostNamed(user="ann", kind="cohost"), {}),
    ]  # fmt: skip
    for data, fields in changes:
        assert seen(after(busy, data)) == msgspec.structs.replace(seen(busy), **fields), data
        assert after(busy, data)[RESTRICTIONS] == busy[RESTRICTIONS]
    lifted = after(busy, said.Muted(user="ann", until_ts=0), said.Banned(user="bob", until_ts=0))
    assert lifted == busy.replaced(RESTRICTIONS, Restrictions())
    kinds = {type(data) for data, _ in changes} | {said.Muted, said.Banned, said.QuizDecided}
    assert kinds == {message.struct for message in said.CONTROL_MESSAGES}


def test_a_decided_quiz_is_closed_and_shows_its_result() -> None:
    state = after(empty_room(), said.QuizOpened(quiz=QUIZ), said.QuizDecided(quiz="q1", result=RESULT))
    assert seen(state).quiz == msgspec.structs.replace(QUIZ, status="closed", result=RESULT)


def test_a_changed_card_keeps_its_place_and_changes_on_the_pin_too() -> None:
    dearer = msgspec.structs.replace(HONEY, price_minor=7_000)
    state = after(empty_room(), said.Pinned(card=HONEY), said.BagPut(card=BREAD), said.BagPut(card=dearer))
    assert seen(state).bag == (BREAD, dearer)
    assert seen(state).pin == dearer


def test_what_is_pinned_comes_first_into_a_full_bag_and_the_oldest_leaves() -> None:
    bag = [Card(id=name, title=name) for name in "xyz"]
    state = after(empty_room(), *(said.BagPut(card=card) for card in bag), said.Pinned(card=HONEY))
    assert [card.id for card in seen(state).bag] == ["a", "z", "y"]


@pytest.mark.parametrize("kind", [said.Muted, said.Banned])
def test_a_restriction_ends_at_its_moment(kind: type[said.Muted | said.Banned]) -> None:
    state = after(empty_room(), kind(user="ann", until_ts=NOW_MS + 1_000))
    muted, banned = kind is said.Muted, kind is said.Banned
    assert muted_for_ms(state, "ann", NOW_MS + 999) == (1 if muted else 0)
    assert is_banned(state, "ann", NOW_MS + 999) is banned
    assert muted_for_ms(state, "ann", NOW_MS + 1_000) == 0
    assert not is_banned(state, "ann", NOW_MS + 1_000)
    assert muted_for_ms(state, "bob", NOW_MS) == 0
    assert not is_banned(state, "bob", NOW_MS)


def test_a_restriction_that_is_over_at_this_moment_is_not_kept() -> None:
    assert after(empty_room(), said.Muted(user="ann", until_ts=NOW_MS))[RESTRICTIONS].mutes == {}
    running = after(empty_room(), said.Muted(user="ann", until_ts=NOW_MS + 1))
    assert running[RESTRICTIONS].mutes == {"ann": NOW_MS + 1}
    assert after(running, said.Muted(user="bob", until_ts=0), ts=NOW_MS + 1)[RESTRICTIONS].mutes == {}


def test_past_the_bound_the_restriction_that_ends_first_goes() -> None:
    state = empty_room()
    for user, seconds in (("ann", 30), ("bob", 10), ("cho", 20)):
        state = after(state, said.Muted(user=user, until_ts=NOW_MS + seconds * 1_000))
    assert state[RESTRICTIONS].mutes == {"ann": NOW_MS + 30_000, "cho": NOW_MS + 20_000}


def test_of_restrictions_that_end_together_the_same_one_goes_wherever_the_state_was_read_from() -> None:
    both = after(empty_room(), *(said.Muted(user=user, until_ts=NOW_MS + 9) for user in ("dee", "ann")))
    third = said.Muted(user="cho", until_ts=NOW_MS + 9)
    assert (
        after(both, third)[RESTRICTIONS].mutes
        == after(as_stored(both), third)[RESTRICTIONS].mutes
        == {"cho": NOW_MS + 9, "dee": NOW_MS + 9}
    )
