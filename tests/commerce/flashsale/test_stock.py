"""Who stands in line, what is taken at once, what is counted: what the stock decides around its book."""

from itertools import count

import pytest

from commerce.flashsale import codes
from commerce.flashsale.book import Book
from commerce.flashsale.requests import (
    Adjust,
    Answer,
    Confirm,
    Done,
    Held,
    Put,
    Refused,
    Release,
    Report,
    Request,
    Reserve,
    Resource,
    Retire,
    Take,
    Units,
    Unwait,
    Wait,
    Waiting,
    Watch,
    Watched,
)
from commerce.flashsale.rows import ResourceRow, WaitRow
from commerce.flashsale.stock import Decided, Stock

EGG = (Units("eggs", 1),)
TTL_MS = 600_000


def stock_of(units: int, limit: int = 5, **settings: int) -> Stock:
    ids = count(1)
    stock = Stock(Book(lambda: f"hold-{next(ids)}"), **settings)
    stock.decide([Put(Resource(id="eggs", units=units, limits=(limit, 0, 0), closes_ms=10_000_000))], 0)
    return stock


def tap(person: str, qty: int = 1, key: str = "tap", ttl_ms: int = TTL_MS) -> Reserve:
    return Reserve(person, key, (Units("eggs", qty),), ttl_ms)


def wait(person: str, qty: int = 1) -> Wait:
    return Wait(person, "wait", (Units("eggs", qty),), TTL_MS)


def one(stock: Stock, request: Request, now_ms: int = 0) -> Answer:
    return stock.decide([request], now_ms).answers[0]


def granted(decided: Decided) -> list[str]:
    return [each.wait.person for each in decided.changes.granted]


def test_who_waits_is_served_in_order_before_anybody_new_in_the_same_batch() -> None:
    stock = stock_of(2)
    first, second = stock.decide([tap("lin"), tap("ada")], 0).answers
    assert isinstance(first, Held)
    assert isinstance(second, Held)
    assert stock.decide([wait("bao"), wait("chen")], 1).answers == [Waiting(1), Waiting(2)]
    decided = stock.decide([tap("new"), Release(first.hold), tap("new"), Release(second.hold), tap("new")], 2)
    assert [type(answer) for answer in decided.answers] == [Refused, Done, Refused, Done, Refused]
    assert granted(decided) == ["bao", "chen"]
    assert decided.changes.resources == {"eggs": ResourceRow("eggs", 2, 2, 0)}
    assert decided.changes.unwaits == [("eggs", "bao"), ("eggs", "chen")]


def test_units_that_do_not_suffice_the_first_in_line_go_to_the_next_and_then_to_anybody() -> None:
    stock = stock_of(4)
    held = one(stock, tap("lin", 4))
    assert isinstance(held, Held)
    stock.decide([wait("ada", 3), wait("bao", 1)], 1)
    decided = stock.decide([Confirm(held.hold, (Units("eggs", 2),)), tap("new")], 2)
    assert granted(decided) == ["bao"]
    assert isinstance(decided.answers[1], Held)  # ada wants three
    assert granted(stock.decide([Adjust("eggs", 3)], 3)) == ["ada"]


def test_what_expires_goes_to_the_line_before_the_next_tap() -> None:
    stock = stock_of(1)
    one(stock, tap("lin", ttl_ms=100))
    assert one(stock, wait("ada"), 50) == Waiting(1)
    decided = stock.decide([tap("new")], 100)
    assert granted(decided) == ["ada"]
    assert decided.answers == [Refused(codes.SOLD_OUT, "eggs", 0)]


def test_a_line_ends_with_its_sale_and_is_bounded() -> None:
    stock = stock_of(1, waits_max=2)
    one(stock, tap("lin"))
    answers = stock.decide([wait("ada"), wait("bao"), wait("chen"), wait("ada")], 1).answers
    assert answers == [Waiting(1), Waiting(2), Refused(Refused.LINE_FULL, "eggs"), Waiting(1)]
    decided = stock.decide([], 10_000_000)
    assert decided.changes.unwaits == [("eggs", "ada"), ("eggs", "bao")]
    assert one(stock, wait("chen"), 10_000_001) == Refused(codes.NOT_OPEN, "eggs")


def test_who_leaves_the_line_and_comes_again_is_last() -> None:
    stock = stock_of(1)
    held = one(stock, tap("lin"))
    assert isinstance(held, Held)
    stock.decide([wait("ada"), wait("bao")], 1)
    decided = stock.decide([Unwait("ada", "eggs"), Unwait("ada", "eggs"), wait("ada")], 2)
    assert decided.answers == [Done(), Done(again=True), Waiting(2)]
    assert (decided.changes.unwaits, [row.wait.person for row in decided.changes.waits]) == ([("eggs", "ada")], ["ada"])
    assert granted(stock.decide([Release(held.hold)], 3)) == ["bao"]


def test_a_wait_that_begins_and_ends_in_one_batch_leaves_nothing_to_write() -> None:
    stock = stock_of(1)
    one(stock, tap("lin"))
    decided = stock.decide([wait("ada"), Unwait("ada", "eggs")], 1)
    assert decided.answers == [Waiting(1), Done()]
    assert not decided.changes


def test_who_waits_for_what_is_there_has_it() -> None:
    stock = stock_of(1)
    answer = one(stock, wait("ada"))
    assert isinstance(answer, Held)
    assert one(stock, wait("ada"), 1) == answer


def test_nobody_waits_beyond_their_limit() -> None:
    stock = stock_of(1, limit=1)
    one(stock, tap("lin"))
    assert one(stock, wait("lin"), 1) == Refused(codes.LIMIT, "eggs", 1, 1)


def test_a_taken_unit_is_sold_at_once_and_once() -> None:
    stock = stock_of(2, limit=1)
    decided = stock.decide([Take("lin", "a", EGG), tap("bao"), Take("ada", "a", EGG), Take("lin", "b", EGG)], 0)
    first = decided.answers[0]
    assert first == Held("hold-1", 60_000, EGG, codes.CONFIRMED)
    assert decided.answers[2:] == [Refused(codes.SOLD_OUT, "eggs", 0), Refused(codes.LIMIT, "eggs", 1, 1)]
    assert [(hold.id, hold.state) for hold in decided.changes.changed] == [("hold-1", codes.CONFIRMED)]
    assert decided.changes.resources == {"eggs": ResourceRow("eggs", 2, 1, 1)}
    assert one(stock, Take("lin", "a", EGG), 100_000) == first
    assert one(stock, Take("bao", "tap", EGG), 1) == Refused(codes.KEY_REUSED)


def test_who_paid_in_time_has_what_is_left_of_a_closed_sale() -> None:
    stock = stock_of(2)
    stock.decide([Put(Resource(id="eggs", units=2, limits=(5, 0, 0), opens_ms=100, closes_ms=200))], 0)
    for late in (False, True):  # before it opens nobody could have asked
        assert one(stock, Take("lin", "a", EGG, late=late), 99) == Refused(codes.NOT_OPEN, "eggs")
    assert one(stock, Take("lin", "a", EGG), 200) == Refused(codes.NOT_OPEN, "eggs")
    taken = one(stock, Take("lin", "a", EGG, late=True), 200)
    assert isinstance(taken, Held)
    assert taken.state == codes.CONFIRMED
    assert one(stock, Take("lin", "a", EGG, late=True), 300) == taken
    one(stock, Take("ada", "a", EGG, late=True), 300)
    assert one(stock, Take("bao", "a", EGG, late=True), 300) == Refused(codes.SOLD_OUT, "eggs", 0)


def test_late_requests_are_not_decided_with_those_that_are_alike() -> None:
    stock = stock_of(1_000)
    stock.decide([Put(Resource(id="eggs", units=1_000, limits=(5, 0, 0), closes_ms=200))], 0)
    crowd: list[Request] = [tap(f"person {n}") for n in range(100)]
    crowd[50] = Reserve("lin", "late", EGG, 1_000, late=True)
    answers = stock.decide(crowd, 200).answers
    assert [at for at, answer in enumerate(answers) if isinstance(answer, Held)] == [50]


def test_what_is_asked_is_counted_by_its_answer() -> None:
    stock = stock_of(1, limit=1)
    stock.decide([tap("lin"), tap("ada"), tap("lin", key="b"), wait("ada")], 0)
    refused = {codes.SOLD_OUT: 1, codes.LIMIT: 1}
    assert one(stock, Watch("eggs")) == Watched(asked=3, held=1, refused=refused, waiting=1)
    for _ in range(2):
        assert one(stock, Report("eggs", {"too_fast": 3})) == Done()
    assert one(stock, Watch("eggs")) == Watched(asked=3, held=1, refused=refused, waiting=1, before={"too_fast": 6})


def test_a_sale_is_retired_when_it_is_closed_and_nothing_of_it_is_held() -> None:
    stock = stock_of(3)
    held = one(stock, tap("lin", ttl_ms=20_000_000))
    assert isinstance(held, Held)
    assert one(stock, Retire("eggs"), 1) == Refused(codes.OVER, "eggs")
    assert one(stock, Retire("eggs"), 10_000_000) == Refused(codes.OVER, "eggs")
    assert one(stock, Confirm(held.hold), 10_000_000) == Done()
    decided = stock.decide([Retire("eggs")], 10_000_001)
    assert (decided.answers, decided.changes.retired) == ([Done()], ["eggs"])
    assert one(stock, tap("ada"), 10_000_002) == Refused(Refused.UNKNOWN_RESOURCE, "eggs")


@pytest.mark.parametrize("units", [-1, 2**63, 2**41])
def test_a_resource_of_no_size_that_there_is_is_refused(units: int) -> None:
    assert one(stock_of(1), Put(Resource(id="odd", units=units))) == Refused(codes.BAD, "odd")


def test_what_another_sale_gives_back_of_the_same_product_goes_to_who_waits_for_that() -> None:
    ids = count(1)
    stock = Stock(Book(lambda: f"hold-{next(ids)}"))
    put = [
        Put(Resource(id="stock", units=1)),
        *(Put(Resource(id=sale, units=5, limits=(9, 0, 0))) for sale in ("a", "b")),
    ]
    stock.decide(put, 0)

    def lines(sale: str) -> tuple[Units, ...]:
        return (Units(sale, 1), Units("stock", 1))

    held = one(stock, Reserve("lin", "tap", lines("a"), TTL_MS))
    assert isinstance(held, Held)
    assert one(stock, Wait("ada", "wait", lines("b"), TTL_MS)) == Waiting(1)
    assert granted(stock.decide([Release(held.hold)], 1)) == ["ada"]


def test_places_move_up_when_somebody_leaves() -> None:
    stock = stock_of(1)
    one(stock, tap("lin"))
    stock.decide([wait(person, qty) for person, qty in (("ada", 1), ("bao", 2), ("chen", 1), ("dong", 2))], 1)
    assert one(stock, Unwait("bao", "eggs"), 2) == Done()
    assert [one(stock, wait(person), 3) for person in ("ada", "chen")] == [Waiting(1), Waiting(2)]
    assert one(stock, wait("dong", 2), 3) == Waiting(3)


def test_those_who_waited_are_served_after_a_restart() -> None:
    stock = stock_of(2)
    stock.restore_waits([WaitRow(7, wait("ada")), WaitRow(9, wait("bao", 2))])
    assert granted(stock.decide([], 1)) == ["ada"]
    assert one(stock, wait("chen", 2), 2) == Waiting(2)


def test_figures_go_on_after_a_restart() -> None:
    book = Book(lambda: "hold")
    book.put(Resource(id="eggs", units=1))
    stock = Stock(book)
    one(stock, tap("lin"))
    assert one(stock, Watch("eggs")) == Watched(asked=1, held=1, refused={}, waiting=0)


def test_a_resource_that_is_retired_does_not_come_back_as_new() -> None:
    stock = stock_of(1)
    stock.retired.add("gone")
    assert one(stock, Put(Resource(id="gone", units=5))) == Refused(codes.OVER, "gone")
