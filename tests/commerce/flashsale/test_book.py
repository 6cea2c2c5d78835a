"""The book says who has what, gives the rows that make it durable, and goes on from those rows as if nothing had been."""

import random
from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest
from msgspec import msgpack, structs

from commerce.flashsale import alike
from commerce.flashsale import kernel as k
from commerce.flashsale.asking import UNITS_MAX
from commerce.flashsale.book import Book
from commerce.flashsale.requests import (
    REQUESTS,
    Adjust,
    Alias,
    Answer,
    Close,
    Confirm,
    Done,
    Held,
    Refused,
    Release,
    ReleaseClosing,
    Request,
    Reserve,
    Resource,
    Unalias,
    Units,
)
from commerce.flashsale.rows import ChangedHold, HoldRow, ResourceRow, grouped

EGGS, HONEY = Resource(id="eggs", units=5, limits=(2, 0, 0)), Resource(id="honey", units=3)
TTL_MS = 600_000


def reserve(person: str, *lines: tuple[str, int], key: str = "", also: tuple[str, str] = ("", "")) -> Reserve:
    return Reserve(person, key, tuple(Units(*line) for line in lines), TTL_MS, also)


def book_of(*resources: Resource) -> Book:
    ids = count(1)
    book = Book(lambda: f"hold-{next(ids)}")
    for resource in resources:
        book.put(resource)
    return book


@pytest.fixture
def book() -> Book:
    return book_of(EGGS, HONEY)


def one(book: Book, request: Request, now_ms: int = 0) -> Answer:
    return book.decide([request], now_ms).answers[0]


def test_a_hold_is_answered_and_written_down(book: Book) -> None:
    batch = book.decide([reserve("lin", ("eggs", 2), ("honey", 1), key="tap", also=("+86 1", ""))], 1_000)
    lines = (Units("eggs", 2), Units("honey", 1))
    assert batch.answers == [Held("hold-1", 601_000, lines)]
    assert batch.changes.holds == [HoldRow("hold-1", "lin", "tap", ("+86 1", ""), k.HELD, 601_000, lines, (2, 1))]
    assert batch.changes.changed == []
    assert list(batch.changes.resources.values()) == [ResourceRow("eggs", 5, 2, 0), ResourceRow("honey", 3, 1, 0)]


def test_a_refusal_says_what_is_left_and_writes_nothing(book: Book) -> None:
    batch = book.decide([reserve("lin", ("eggs", 1), ("honey", 4)), reserve("lin", ("eggs", 3))], 0)
    assert batch.answers == [Refused(k.SOLD_OUT, "honey", 3), Refused(k.LIMIT, "eggs", 2, 0)]
    assert not batch.changes


def test_a_hold_that_is_made_and_given_back_in_one_batch_is_written_once_as_it_ended(book: Book) -> None:
    batch = book.decide([reserve("lin", ("eggs", 2)), Release("hold-1", "lin")], 0)
    assert isinstance(batch.answers[1], Refused)  # nobody can know its name before the answer
    batch = book.decide([Release("hold-1", "lin"), reserve("ada", ("eggs", 1))], 0)
    assert batch.changes.changed == [ChangedHold("hold-1", k.RELEASED, TTL_MS, (0,))]
    assert [row.id for row in batch.changes.holds] == ["hold-2"]
    assert list(batch.changes.resources.values()) == [ResourceRow("eggs", 5, 1, 0)]


@pytest.mark.parametrize("units", [0, -1, UNITS_MAX + 1, 2**63, True, 1.5, "5", None, float("nan")])
def test_units_that_are_no_number_of_units_are_refused(book: Book, units: int) -> None:
    answer = one(book, reserve("lin", ("honey", units), key="tap"))
    assert isinstance(answer, Refused)
    assert (answer.code, answer.resource) == (k.BAD, "honey")
    assert book.units("honey") == ResourceRow("honey", 3, 0, 0)
    assert isinstance(one(book, reserve("lin", ("honey", 1), key="tap")), Held)


def test_what_is_not_known_and_what_is_too_much_is_refused(book: Book) -> None:
    many = reserve("lin", *[("eggs", 1)] * (k.LINES_MAX + 1))
    batch = book.decide([reserve("lin", ("eggs", 1), ("milk", 1)), many, reserve("lin"), reserve("", ("eggs", 1))], 0)
    assert batch.answers == [
        Refused(Refused.UNKNOWN_RESOURCE, "milk"),
        Refused(Refused.TOO_MANY_LINES),
        Refused(k.BAD),
        Refused(k.BAD),
    ]
    assert one(book, Confirm("nothing")) == one(book, Release("nothing", "lin")) == Refused(k.NO_HOLD)


def test_somebody_elses_hold_is_not_given_back(book: Book) -> None:
    one(book, reserve("lin", ("eggs", 2)))
    assert one(book, Release("hold-1", "ada")) == Refused(Refused.NOT_YOURS)
    assert one(book, Release("hold-1")) == Done()


def test_one_key_is_one_hold_of_one_person(book: Book) -> None:
    first = one(book, reserve("lin", ("honey", 1), key="tap"))
    again = book.decide([reserve("lin", ("honey", 1), key="tap"), reserve("lin", ("honey", 2), key="tap")], 5)
    assert again.answers == [first, Refused(k.KEY_REUSED)]
    assert not again.changes
    assert one(book, reserve("ada", ("honey", 1), key="tap")) == Held("hold-2", TTL_MS, (Units("honey", 1),))


def test_keys_of_refusals_are_not_kept(book: Book) -> None:
    one(book, reserve("lin", ("honey", 3), key="tap"))
    for n in range(1_000):
        assert one(book, reserve("ada", ("honey", 1), key=f"tap {n}")) == Refused(k.SOLD_OUT, "honey")
    assert book._names.key_count <= 2
    twice = book.decide(
        [reserve("ada", ("honey", 1), key="a"), Release("hold-1"), reserve("ada", ("honey", 1), key="a")], 0
    )
    assert [type(answer) for answer in twice.answers] == [Refused, Done, Held]
    assert one(book, reserve("ada", ("honey", 1), key="a")) == twice.answers[2]


def test_holds_expire_with_the_next_batch_and_their_units_are_free_in_it(book: Book) -> None:
    one(book, reserve("lin", ("honey", 3)))
    assert book.due_ms() == TTL_MS
    batch = book.decide([reserve("ada", ("honey", 3))], TTL_MS)
    assert (batch.ended, type(batch.answers[0])) == (1, Held)
    assert batch.changes.changed == [ChangedHold("hold-1", k.EXPIRED, TTL_MS, (0,))]


def test_a_resource_keeps_its_units_and_whether_it_counts_what_each_has(book: Book) -> None:
    one(book, reserve("lin", ("eggs", 2)))
    closed = Resource(id="eggs", units=999, limits=(3, 0, 0), closes_ms=10)
    assert book.put(closed) == ResourceRow("eggs", 5, 2, 0)
    assert isinstance(one(book, reserve("lin", ("eggs", 1)), 9), Held)
    assert one(book, reserve("ada", ("eggs", 1)), 10) == Refused(k.NOT_OPEN, "eggs")
    with pytest.raises(ValueError, match="stays none"):
        book.put(Resource(id="honey", units=3, limits=(1, 0, 0)))
    assert one(book, Adjust("eggs", -3)) == Refused(k.BELOW, "eggs", 3)


class Rows:
    """What PostgreSQL would have after the batches of a book."""

    def __init__(self) -> None:
        self.holds: dict[str, HoldRow] = {}
        self.resources: dict[str, ResourceRow] = {}
        self.aliases: dict[str, str] = {}

    def ask(self, book: Book, requests: Sequence[Request], now_ms: int) -> list[Answer]:
        batch = book.decide(requests, now_ms)
        self.holds |= {row.id: row for row in batch.changes.holds}
        for change in batch.changes.changed:
            row = self.holds[change.id]
            self.holds[row.id] = HoldRow(
                row.id, row.person, row.key, row.also, change.state, change.expires_ms, row.asked, change.has
            )
        self.resources |= batch.changes.resources
        for person, whom in batch.changes.aliases:
            self.aliases.pop(person, None)
            if whom is not None:
                self.aliases[person] = whom
        return batch.answers


RESOURCES = [
    Resource(id="eggs", units=30, limits=(4, 5, 0)),
    Resource(id="honey", units=20, limits=(0, 0, 6), opens_ms=100, closes_ms=700),
    Resource(id="milk", units=200),
]


def asked(chance: random.Random, holds: Sequence[str]) -> Request:
    person, other = (f"person {chance.randrange(30)}" for _ in range(2))
    hold = chance.choice([*holds, "nothing"])
    match chance.randrange(12):
        case 0:
            return Release(hold, chance.choice([None, person]))
        case 1:
            return Confirm(hold, chance.choice([(), (Units("eggs", 1),), (Units("milk", 1), Units("eggs", 0))]))
        case 2:
            return Close(hold, chance.randrange(1, 300))
        case 3:
            return ReleaseClosing(hold)
        case 4:
            return Adjust(chance.choice(["eggs", "honey"]), chance.randrange(-2, 5))
        case 5:
            return Alias(person, other) if chance.random() < 0.3 else Unalias(person)
    lines = [Units(resource, chance.randrange(1, 3)) for resource in chance.sample(["eggs", "honey", "milk"], 2)]
    phone = f"phone {chance.randrange(10)}"
    return Reserve(person, f"tap {chance.randrange(4)}", tuple(lines), chance.randrange(1, 400), (phone, "home"))


@pytest.mark.parametrize("seed", range(12))
def test_a_book_that_is_read_back_goes_on_as_the_one_before_would_have(seed: int) -> None:
    chance, rows = random.Random(seed), Rows()
    before = book_of(*RESOURCES)
    rows.resources = {resource.id: ResourceRow(resource.id, resource.units, 0, 0) for resource in RESOURCES}
    for now_ms in range(0, 500, 25):
        rows.ask(before, [asked(chance, list(rows.holds)) for _ in range(12)], now_ms)
    assert {row.state for row in rows.holds.values()} >= {k.HELD, k.CONFIRMED, k.RELEASED, k.EXPIRED}

    after = book_of(*RESOURCES)
    after._new_id = before._new_id
    after.restore_holds(grouped(rows.holds.values()))
    after.restore(rows.aliases.items(), rows.resources.values())
    assert [after.units(resource.id) for resource in RESOURCES] == [before.units(resource.id) for resource in RESOURCES]
    other = Rows()
    other.holds, other.resources, other.aliases = dict(rows.holds), dict(rows.resources), dict(rows.aliases)
    for now_ms in range(500, 900, 25):
        requests = [asked(chance, list(rows.holds)) for _ in range(12)]
        names = [f"{now_ms}-{n}" for n in range(12)]
        answers = []
        for book, kept in ((before, rows), (after, other)):
            book._new_id = iter(names).__next__
            answers.append(kept.ask(book, requests, now_ms))
        assert answers[0] == answers[1]
    assert (rows.holds, rows.resources, rows.aliases) == (other.holds, other.resources, other.aliases)


EGG_HOLD = HoldRow("hold-1", "lin", "tap", ("", ""), k.HELD, TTL_MS, (Units("eggs", 2),), (2,))


@pytest.mark.parametrize(
    ("holds", "resources"),
    [
        ([EGG_HOLD], [ResourceRow("eggs", 5, 1, 0)]),  # held
        ([EGG_HOLD], [ResourceRow("eggs", 1, 2, 0)]),  # more than there are
        ([structs.replace(EGG_HOLD, state=k.CONFIRMED)], [ResourceRow("eggs", 5, 0, 1)]),  # sold
        ([structs.replace(EGG_HOLD, state=k.RELEASED)], []),  # over, and has something
        ([structs.replace(EGG_HOLD, has=(2, 1))], []),
        ([structs.replace(EGG_HOLD, asked=(Units("milk", 2),))], []),
        ([], [ResourceRow("milk", 5, 0, 0)]),
        ([EGG_HOLD, EGG_HOLD], []),
        ([EGG_HOLD, structs.replace(EGG_HOLD, id="hold-2")], []),  # one key, two holds
        ([structs.replace(EGG_HOLD, id=f"hold-{n}", key="") for n in range(3)], []),  # 6 of 5
    ],
)
def test_rows_that_disagree_are_not_gone_on_with(holds: list[HoldRow], resources: list[ResourceRow]) -> None:
    with pytest.raises(ValueError, match=r"eggs|milk|same"):
        _restored(holds, resources)


def _restored(holds: list[HoldRow], resources: list[ResourceRow]) -> None:
    book = book_of(EGGS)
    book.restore_holds(grouped(holds))
    book.restore((), resources)


def test_a_book_that_has_decided_is_not_restored_over(book: Book) -> None:
    one(book, reserve("lin", ("eggs", 2)))
    with pytest.raises(ValueError, match="decided already"):
        book.restore_holds([])


def test_a_phone_called_like_a_person_is_not_that_person() -> None:
    book = book_of(Resource(id="eggs", units=9, limits=(2, 2, 2)))
    assert isinstance(one(book, reserve("mallory", ("eggs", 2), also=("victim", "victim"))), Held)
    assert isinstance(one(book, reserve("victim", ("eggs", 1), also=("home", ""))), Held)
    assert one(book, reserve("ada", ("eggs", 1), also=("victim", ""))) == Refused(k.LIMIT, "eggs", 2, 2)


@pytest.mark.parametrize("text", ["", "a\0", "\ud800", "x" * 513, "\u679c" * 200])
def test_names_that_postgresql_cannot_keep_are_refused(book: Book, text: str) -> None:
    for request in (
        reserve(text, ("eggs", 1)),
        reserve("lin", ("eggs", 1), key=text or "\0"),
        reserve("lin", ("eggs", 1), also=("", text or "\0")),
        Alias("lin", text),
        Alias(text, "lin"),
    ):
        assert one(book, request) == Refused(k.BAD)
    assert book.units("eggs") == ResourceRow("eggs", 5, 0, 0)


@pytest.mark.parametrize("ttl_ms", [0, -1, 1.9, True, None, 2**63])
def test_times_that_are_none_are_refused(book: Book, ttl_ms: int) -> None:
    one(book, reserve("lin", ("eggs", 1)))
    assert one(book, Reserve("lin", "", (Units("eggs", 1),), ttl_ms)) == Refused(k.BAD)
    assert one(book, Close("hold-1", ttl_ms)) == Refused(k.BAD)


def test_what_is_no_request_changes_nothing_not_even_what_was_over(book: Book) -> None:
    one(book, reserve("lin", ("honey", 3)))
    with pytest.raises(TypeError, match="Request is no request"):
        book.decide([reserve("ada", ("eggs", 1)), Request()], TTL_MS)
    batch = book.decide([], TTL_MS)
    assert (batch.ended, [row.id for row in batch.changes.changed]) == (1, ["hold-1"])


@pytest.mark.parametrize("fault", [{"units": 2**63}, {"limits": (2**63, 0, 0)}, {"closes_ms": 2**63}, {"opens_ms": -1}])
def test_a_resource_that_cannot_be_is_not_there_afterwards(fault: dict[str, Any]) -> None:
    book = book_of()
    with pytest.raises(ValueError, match="are from 0 to"):
        book.put(structs.replace(EGGS, **fault))
    assert book.units("eggs") is None
    assert book.put(EGGS) == ResourceRow("eggs", 5, 0, 0)


def test_requests_and_answers_travel() -> None:
    asked: list[Any] = [
        reserve("lin", ("eggs", 1), key="tap"),
        Confirm("h"),
        Release("h"),
        Close("h", 1),
        Adjust("eggs", -1),
    ]
    answered: list[Any] = [Held("h", 1, (Units("eggs", 1),)), Done(again=True), Refused(k.LIMIT, "eggs", 2, 1)]
    for values, kind in ((asked, REQUESTS), (answered, Answer)):
        assert msgpack.decode(msgpack.encode(values), type=list[kind]) == values  # type: ignore[valid-type]


# --- what is forgotten ---


def forgetful(*resources: Resource) -> Book:
    ids = count(1)
    book = Book(lambda: f"hold-{next(ids)}", ended_max=0)
    for resource in resources:
        book.put(resource)
    return book


@pytest.mark.parametrize("seed", range(6))
def test_a_book_that_forgets_what_is_over_decides_as_one_that_does_not(seed: int) -> None:
    chance = random.Random(seed)
    books, kept = [book_of(*RESOURCES), forgetful(*RESOURCES)], [Rows(), Rows()]
    for now_ms in range(0, 2_000, 25):
        requests = [
            asked(chance, [id_ for id_, row in kept[0].holds.items() if row.state < k.CONFIRMED]) for _ in range(12)
        ]
        # Each key once: keys of holds that are over are what it forgets.
        requests = [
            structs.replace(request, key=f"{now_ms} {n}") if isinstance(request, Reserve) else request
            for n, request in enumerate(requests)
        ]
        answers = [rows.ask(book, requests, now_ms) for book, rows in zip(books, kept, strict=True)]
        over = {k.NO_HOLD, k.OVER}
        for one_answer, other in zip(*answers, strict=True):
            is_over = all(isinstance(answer, Refused) and answer.code in over for answer in (one_answer, other))
            assert one_answer == other or is_over
    assert kept[0].holds == kept[1].holds
    assert kept[0].resources == kept[1].resources
    assert not books[1].has_all_keys


def test_people_who_come_and_go_take_no_memory() -> None:
    book = forgetful(structs.replace(EGGS, limits=(1, 1, 0)))
    held: list[str] = []
    for n in range(3_000):
        requests: list[Request] = [Release(id_) for id_ in held]
        requests += [reserve(f"person {n} {m}", ("eggs", 1), key="tap", also=(f"phone {n} {m}", "")) for m in range(6)]
        answers = book.decide(requests, n).answers
        held = [answer.hold for answer in answers if isinstance(answer, Held)]
        assert len(held) == 5
    names = book._names
    assert names.who_count < 2_000
    assert names.key_count < 2_000
    assert len(names._holds) < 2_000
    assert int(book._state.tables.counters[k.HOLDS]) < 2_000


def test_what_was_bought_of_a_retired_resource_is_forgotten_and_that_of_others_is_not() -> None:
    book = book_of(structs.replace(EGGS, units=5_000, closes_ms=10), structs.replace(HONEY, limits=(1, 0, 0)))
    bought = book.decide([reserve(f"person {n}", ("eggs", 1), key="tap") for n in range(2_000)], 0)
    both = one(book, reserve("lin", ("eggs", 1), ("honey", 1), key="both"))
    for hold in (*bought.answers, both):
        assert isinstance(hold, Held)
        assert one(book, Confirm(hold.hold)) == Done()
    assert not book.retire("eggs", 9)
    assert book.retire("eggs", 10)
    for now_ms in range(11, 30):
        book.decide([], now_ms)
    assert one(book, reserve("ada", ("eggs", 1)), 30) == Refused(Refused.UNKNOWN_RESOURCE, "eggs")
    assert len(book._names._holds) == 1  # of both, whose limit on honey holds
    assert one(book, reserve("lin", ("honey", 1)), 30) == Refused(k.LIMIT, "honey", 1, 1)
    assert book._names.find_who("person 7") == k.NONE
    assert isinstance(one(book, reserve("person 7", ("honey", 1), key="tap"), 30), Held)


# --- reservations that are alike ---


def crowd_of(chance: random.Random, now_ms: int, known: Sequence[str]) -> list[Request]:
    """Taps of a sale, of a few hundred people who tap again, and now and then something else between them."""
    requests: list[Request] = []
    for n in range(200):
        person, key = f"person {chance.randrange(150)}", f"key {chance.randrange(3)}"
        requests.append(reserve(person, ("eggs", 1), ("milk", 1), key=key))
        match chance.randrange(150):
            case 0:
                requests.append(Release(chance.choice(["nothing", *known])))
            case 1:
                requests.append(Reserve(f"phone {n}", "k", (Units("eggs", 1),), TTL_MS, ("+86 1", "")))
            case 2:
                requests.append(reserve("", ("eggs", 1), ("milk", 1), key="nobody"))
            case 3:
                requests.append(reserve("péter", ("eggs", 1), ("milk", 1), key="é"))
    return [structs.replace(each, ttl_ms=30) if isinstance(each, Reserve) and now_ms % 2 else each for each in requests]


def _without_state(answer: Answer) -> Answer:
    return structs.replace(answer, state=0) if isinstance(answer, Held) else answer


@pytest.mark.parametrize("seed", range(10))
def test_reservations_that_are_alike_are_decided_as_if_they_came_one_by_one(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    resources = [structs.replace(RESOURCES[0], units=60, limits=(1, 5, 0)), RESOURCES[2]]
    together, alone = (forgetful(*resources) if seed % 2 else book_of(*resources) for _ in range(2))
    seen, known = set[int](), list[str]()
    for now_ms in range(0, 400, 20):
        requests = crowd_of(chance, now_ms + seed, known)
        monkeypatch.setattr(alike, "ALIKE_MIN", 2)
        first = together.decide(requests, now_ms)
        monkeypatch.setattr(alike, "ALIKE_MIN", 10**9)
        second = alone.decide(requests, now_ms)
        # A hold that is told of again, and given back later in the batch, may be told of as it was or as it is.
        answers = [[_without_state(answer) for answer in batch.answers] for batch in (first, second)]
        assert answers[0] == answers[1]
        assert first.changes == second.changes
        known += [row.id for row in first.changes.holds]
        seen |= {answer.code for answer in first.answers if isinstance(answer, Refused)}
    assert seen >= {k.SOLD_OUT, k.LIMIT, k.BAD}
    assert together._names.who_count <= alone._names.who_count + 200
    for resource in resources:
        assert together.units(resource.id) == alone.units(resource.id)
