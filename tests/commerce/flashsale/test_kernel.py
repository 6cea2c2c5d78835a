"""Stock and limits: cases of shops that oversold, undersold or counted the wrong person, by their numbers in public reports."""

import numpy as np
import pytest

from commerce.flashsale import kernel as k
from commerce.flashsale.arrays import Ask
from commerce.flashsale.tables import dump, load, new_tables, reserve_room
from tests.commerce.flashsale.stock import Stock

FOREVER = 10**15
FREE = (0, 0, 0)


def stock_of(*units: int, limit: int = 0) -> Stock:
    return Stock([(each, (limit, 0, 0), 0, FOREVER) for each in units], who_max=2_000, keys_max=2_000)


def test_of_two_buyers_of_the_last_unit_one_has_it() -> None:
    stock = stock_of(1)
    first, second = stock.batch([Ask(k.RESERVE, who=(n, -1, -1), lines=[(0, 1)], until_ms=600) for n in (1, 2)], 0)
    assert (first[0], second) == (k.OK, (k.SOLD_OUT, -1, 0, 0, 0))
    assert stock.units(0) == (1, 1, 0)


def test_one_resource_on_two_lines_is_refused_and_nothing_is_held() -> None:
    stock = stock_of(5, 5, limit=5)
    assert stock.reserve(1, (1, 5), (0, 5), (1, 5)) == (k.BAD, -1, 2, 0, 0)
    assert (stock.units(0), stock.units(1)) == ((5, 0, 0), (5, 0, 0))


@pytest.mark.parametrize("units", [0, -1, -5, -(2**63)])
def test_units_that_are_none_are_refused(units: int) -> None:
    stock = stock_of(998, limit=10)
    assert stock.reserve(1, (0, units)) == (k.BAD, -1, 0, 0, 0)
    assert stock.units(0) == (998, 0, 0)


@pytest.mark.parametrize(("limit", "code"), [(0, k.SOLD_OUT), (10, k.LIMIT)])
def test_the_largest_number_there_is_is_more_than_there_are(limit: int, code: int) -> None:
    stock = stock_of(998, limit=limit)
    assert stock.reserve(1, (0, 2**63 - 1))[0] == code
    assert stock.units(0) == (998, 0, 0)


def test_a_request_that_is_refused_in_part_takes_nothing_from_the_next() -> None:
    stock = stock_of(99_999, 2, 99_999)
    first = Ask(k.RESERVE, who=(1, -1, -1), lines=[(0, 1), (1, 3), (2, 1)], until_ms=600)
    second = Ask(k.RESERVE, who=(2, -1, -1), lines=[(1, 2)], until_ms=600)
    refused, held = stock.batch([first, second], 0)
    assert (refused, held[0]) == ((k.SOLD_OUT, -1, 1, 2, 0), k.OK)
    assert [stock.units(n) for n in range(3)] == [(99_999, 0, 0), (2, 2, 0), (99_999, 0, 0)]


def test_ten_taps_with_ten_keys_are_one_hold_where_one_may_be_had() -> None:
    stock = stock_of(100, limit=1)
    answers = [stock.reserve(7, (0, 1), key=key) for key in range(10)]
    assert [answer[0] for answer in answers] == [k.OK] + [k.LIMIT] * 9
    assert answers[1][3:] == (1, 1)


def test_a_thousand_taps_of_one_leave_the_others_theirs() -> None:
    stock = stock_of(100, limit=1)
    taps = [Ask(k.RESERVE, who=(n, -1, -1), lines=[(0, 1)], until_ms=600) for n in [0] * 1_000 + list(range(1, 100))]
    assert [answer[0] for answer in stock.batch(taps, 0)].count(k.OK) == 100
    assert stock.units(0) == (100, 100, 0)


def test_limit_keys_whose_numbers_collide_under_a_hash_have_each_their_own() -> None:
    table = np.zeros((64, 2), np.int64)
    slots = [k._slot(table, k._entry(resource, who)) for resource in range(2) for who in range(200)]
    (same, *_) = [n for n in range(1, 400) if slots[n] == slots[0]]
    stock = stock_of(10, 10, limit=1)
    for resource, who in ((0, 0), divmod(same, 200)):
        assert stock.reserve(who, (resource, 1))[0] == k.OK
    for resource, who in ((0, 0), divmod(same, 200)):
        assert stock.reserve(who, (resource, 1)) == (k.LIMIT, -1, 0, 1, 1)


def test_each_of_three_limit_keys_is_counted() -> None:
    stock = Stock([(100, (2, 3, 4), 0, FOREVER)])
    answers = [
        stock.one(k.RESERVE, who=(person, phone, 30), lines=[(0, 2)], until_ms=600)
        for person, phone in ((1, 20), (2, 20), (2, 21), (3, 22))
    ]
    assert [answer[0] for answer in answers] == [k.OK, k.LIMIT, k.OK, k.LIMIT]
    assert (answers[1][3:], answers[3][3:]) == ((3, 2), (4, 4))


def test_the_same_key_is_the_same_hold_and_another_body_is_refused() -> None:
    stock = stock_of(10, limit=5)
    hold = stock.reserve(1, (0, 2), key=4)[1]
    assert stock.reserve(1, (0, 2), key=4) == (k.SAME, hold, -1, 0, 0)
    assert stock.reserve(1, (0, 3), key=4)[0] == k.KEY_REUSED
    assert stock.reserve(2, (0, 2), key=4)[0] == k.KEY_REUSED
    assert stock.one(k.RELEASE, hold=hold)[0] == k.OK
    assert stock.reserve(1, (0, 2), key=4) == (k.SAME, hold, -1, 0, 0)
    assert stock.units(0) == (10, 0, 0)


def test_who_was_refused_may_ask_again_with_the_same_key() -> None:
    stock = stock_of(1)
    hold = stock.reserve(1, (0, 1), key=0)[1]
    assert stock.reserve(2, (0, 1), key=1)[0] == k.SOLD_OUT
    assert stock.one(k.RELEASE, hold=hold)[0] == k.OK
    assert stock.reserve(2, (0, 1), key=1)[0] == k.OK


def test_a_sale_is_open_from_its_first_moment_to_before_its_last() -> None:
    stock = Stock([(10, FREE, 1_000, 2_000)])
    codes = {now_ms: stock.reserve(1, (0, 1), now_ms=now_ms)[0] for now_ms in (999, 1_000, 1_999, 2_000)}
    assert codes == {999: k.NOT_OPEN, 1_000: k.OK, 1_999: k.OK, 2_000: k.NOT_OPEN}


def test_a_hold_ends_once() -> None:
    stock = stock_of(10, limit=5)
    hold = stock.reserve(1, (0, 2), until_ms=600)[1]
    assert stock.one(k.CONFIRM, hold=hold, now_ms=599)[0] == k.OK
    assert stock.one(k.CONFIRM, hold=hold, now_ms=599)[0] == k.SAME
    assert stock.one(k.RELEASE, hold=hold, now_ms=599)[0] == k.OVER
    assert stock.expire(10_000) == []
    assert stock.units(0) == (10, 0, 2)


def test_a_hold_whose_time_is_over_cannot_be_confirmed_even_before_it_is_swept() -> None:
    stock = stock_of(10)
    hold = stock.reserve(1, (0, 2), until_ms=600)[1]
    assert stock.one(k.CONFIRM, hold=hold, now_ms=600)[0] == k.OVER
    assert stock.expire(600) == [hold]
    assert stock.units(0) == (10, 0, 0)


def test_holds_expire_in_the_order_of_their_times_as_many_as_there_is_room_for() -> None:
    stock = stock_of(100)
    holds = [stock.reserve(n, (0, 1), until_ms=until_ms)[1] for n, until_ms in enumerate((500, 100, 300, 200, 400))]
    assert stock.expire(450, at_most=3) == [holds[1], holds[3], holds[2]]
    assert stock.expire(450) == [holds[4]]
    assert stock.units(0) == (100, 1, 0)


def test_the_clock_does_not_end_a_closing_hold_before_its_bound() -> None:
    stock = stock_of(10)
    hold = stock.reserve(1, (0, 2), until_ms=600)[1]
    assert stock.one(k.CLOSE, hold=hold, until_ms=900, now_ms=599)[0] == k.OK
    assert stock.expire(899) == []
    assert stock.one(k.RELEASE, hold=hold, now_ms=700)[0] == k.OVER
    assert stock.one(k.CONFIRM, hold=hold, now_ms=899)[0] == k.OK
    other = stock.reserve(2, (0, 2), until_ms=600)[1]
    assert stock.one(k.CLOSE, hold=other, until_ms=900)[0] == k.OK
    assert stock.expire(900) == [other]


def test_less_can_be_confirmed_than_was_held_and_the_rest_is_free() -> None:
    stock = stock_of(5, 5, limit=3)
    hold = stock.reserve(1, (0, 3), (1, 1))[1]
    for lines in ([(0, 4)], [(0, -1)], [(2, 1)], [(0, 1), (0, 1)], [(0, 0), (1, 0)]):
        assert stock.one(k.CONFIRM, hold=hold, lines=lines)[0] == k.BAD
    assert stock.one(k.CONFIRM, hold=hold, lines=[(0, 2)])[0] == k.OK
    assert (stock.units(0), stock.units(1)) == ((5, 0, 2), (5, 0, 0))
    assert stock.reserve(1, (0, 1), (1, 3))[0] == k.OK


def test_only_what_was_confirmed_is_confirmed_already() -> None:
    stock = stock_of(5, 5)
    hold = stock.reserve(1, (0, 3))[1]
    assert stock.one(k.CONFIRM, hold=hold, lines=[(0, 1)])[0] == k.OK
    assert stock.one(k.CONFIRM, hold=hold, lines=[(0, 1)])[0] == k.SAME
    for lines in ([], [(0, 3)], [(0, 1), (1, 99)], [(0, 1), (0, 2)], [(0, 2), (0, 1)]):
        assert stock.one(k.CONFIRM, hold=hold, lines=lines)[0] == k.OVER
    assert stock.units(0) == (5, 0, 1)


def test_a_second_payment_has_its_whole_time() -> None:
    stock = stock_of(5)
    hold = stock.reserve(1, (0, 3), until_ms=600)[1]
    assert stock.one(k.CLOSE, hold=hold, until_ms=60)[0] == k.OK
    assert stock.one(k.CLOSE, hold=hold, until_ms=50)[0] == k.SAME
    assert stock.one(k.CLOSE, hold=hold, until_ms=110, now_ms=50)[0] == k.OK
    assert stock.expire(109) == []
    assert stock.one(k.CLOSE, hold=hold, until_ms=900, now_ms=110)[0] == k.OVER
    assert stock.expire(110) == [hold]


def test_stock_cannot_be_taken_below_what_is_held_and_sold() -> None:
    stock = stock_of(5)
    stock.one(k.CONFIRM, hold=stock.reserve(1, (0, 2))[1])
    stock.reserve(2, (0, 1))
    assert stock.one(k.ADJUST, lines=[(0, -3)]) == (k.BELOW, -1, -1, 3, 0)
    assert stock.one(k.ADJUST, lines=[(0, -2)])[0] == k.OK
    assert stock.reserve(3, (0, 1))[0] == k.SOLD_OUT


def test_who_becomes_somebody_else_frees_nothing_and_an_undo_takes_it_apart_again() -> None:
    stock = stock_of(100, limit=2)
    assert stock.reserve(1, (0, 1))[0] == stock.reserve(2, (0, 1))[0] == stock.reserve(3, (0, 2))[0] == k.OK
    assert stock.one(k.ALIAS, who=(1, 2, -1))[0] == k.OK
    assert stock.one(k.ALIAS, who=(1, 2, -1))[0] == k.SAME
    assert stock.one(k.ALIAS, who=(2, 1, -1))[0] == k.BAD
    assert [stock.reserve(n, (0, 1))[0] for n in (1, 2)] == [k.LIMIT, k.LIMIT]
    assert stock.one(k.ALIAS, who=(2, 3, -1))[0] == k.OK
    assert stock.reserve(1, (0, 1)) == (k.LIMIT, -1, 0, 2, 4)
    assert stock.one(k.UNALIAS, who=(2, -1, -1))[0] == k.OK
    assert stock.reserve(3, (0, 1)) == (k.LIMIT, -1, 0, 2, 2)
    assert stock.reserve(1, (0, 1)) == (k.LIMIT, -1, 0, 2, 2)
    assert stock.one(k.UNALIAS, who=(1, -1, -1))[0] == k.OK
    assert [stock.reserve(n, (0, 1))[0] for n in (1, 2)] == [k.OK, k.OK]


def test_no_more_become_one_than_are_looked_up_in_a_moment() -> None:
    stock = stock_of(100, limit=2)
    codes = [stock.one(k.ALIAS, who=(n, 0, -1))[0] for n in range(1, k.GROUP_MAX + 1)]
    assert codes == [k.OK] * (k.GROUP_MAX - 1) + [k.GROUP_FULL]


def test_a_hold_that_is_forgotten_gives_its_place_to_another() -> None:
    stock = stock_of(100, 100)
    hold = stock.reserve(1, (0, 1), (1, 1), until_ms=600)[1]
    stock.one(k.RELEASE, hold=hold)
    k.free_holds(stock.tables, np.array([hold]))
    assert stock.one(k.RELEASE, hold=hold)[0] == k.NO_HOLD
    assert stock.reserve(2, (1, 3), until_ms=900)[1] == hold
    assert stock.expire(600) == []  # the time of the one before means nothing any more
    assert stock.expire(900) == [hold]
    assert stock.tables.counters[k.LINES] == 2


def test_a_dump_is_all_of_the_state() -> None:
    stock = stock_of(3, limit=2)
    hold = stock.reserve(1, (0, 2), key=9)[1]
    stock.copied()
    assert stock.reserve(1, (0, 1))[0] == k.LIMIT
    assert stock.reserve(1, (0, 2), key=9) == (k.SAME, hold, -1, 0, 0)
    assert stock.expire(600_000) == [hold]


def test_only_holds_that_are_over_are_forgotten_and_once() -> None:
    stock = stock_of(5)
    live, over = stock.reserve(1, (0, 1))[1], stock.reserve(1, (0, 2))[1]
    stock.one(k.RELEASE, hold=over)
    k.free_holds(stock.tables, np.array([live, over, over]))
    assert [stock.reserve(2, (0, 1))[1] for _ in range(2)] == [over, over + 1]
    assert stock.one(k.CONFIRM, hold=live)[0] == k.OK


def test_a_dump_is_left_alone_by_what_goes_on_from_it() -> None:
    stock = stock_of(5)
    dumped = dump(stock.tables)
    stock.tables = load(dumped)
    stock.reserve(1, (0, 1))
    assert load(dumped).resources[0, k.HOLDING] == 0
    for wrong in ({}, dumped | {"due": dumped["due"].astype(np.float32)}, dumped | {"due": dumped["keys"]}):
        with pytest.raises(ValueError, match="dump"):
            load(wrong)


def test_more_resources_than_have_a_number_are_refused() -> None:
    with pytest.raises(OverflowError):
        reserve_room(new_tables(), resources=k.RESOURCES_MAX + 1, who=0, keys=0, holds=0, lines=0)
