"""Events on their way in: checked, given their id, and stored with what they are about and their entry of the log.

What takes time is done before the transaction, in a thread (`prepare`), and nothing of the document is stored then; `store`
writes all of it, or raises and nothing is. An event's id is the one it came with, or its hash.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

from livehub.base.db import Transaction
from livehub.base.sql import queries
from trace.epcis import validation
from trace.epcis.context import STANDARD, prefixes_of
from trace.epcis.errors import EventCaptured, EventsInvalid, EventTooLarge
from trace.epcis.facts import Facts, facts_of
from trace.epcis.hashing import event_hash
from trace.epcis.times import in_utc, parsed_us
from trace.epcis.validation import Document
from trace.epcis.vocabulary import PREFIXES
from trace.log import entries
from trace.log.tiles import ENTRY_BYTES_MAX

Q = queries(__file__, "capturing.sql")

ENTRY_TYPE = "epcis"
AT_ONCE = 500  # events of one statement
ROWS_AT_ONCE = 5_000  # things or values of one statement: a few milliseconds of the event loop
TRIES = 3  # of a capture that meets another one of the same events


class Prepared(Struct, frozen=True, kw_only=True):
    """A valid event. `declared_us`: when it was declared an error, 0 where it is none; `event`: in JSON; `entry`: what goes
    into the log."""

    id: str
    declared_us: int
    digest: bytes
    event: msgspec.Raw
    facts: Facts
    entry: bytes


class Fault(Struct, frozen=True, kw_only=True):
    """An event of a document that is not taken. `index`: where it stands."""

    index: int
    error: EventsInvalid | EventCaptured | EventTooLarge


def prepare(
    document: Document, recorded_us: int, *, members_max: int
) -> tuple[list[tuple[int, Prepared]], list[Fault]]:
    """The events of a document with their places, and those that are wrong. For a thread: it takes 0.1 ms and more for
    each, and 20 us for each thing."""
    made: list[tuple[int, Prepared]] = []
    faults: list[Fault] = []
    for index, event in enumerate(document.events):
        try:
            made.append((index, prepared(event, document, recorded_us, members_max=members_max)))
        except (EventsInvalid, EventTooLarge) as error:
            faults.append(Fault(index=index, error=error))
    return made, faults


def prepared(
    event: Any,
    document: Document,
    recorded_us: int,
    *,
    is_alone: bool = False,
    is_ours: bool = False,
    members_max: int | None = None,
) -> Prepared:
    """`is_ours`: written by ourselves, with nothing in it that is not for everybody. Raises EventsInvalid, EventTooLarge."""
    if members_max is not None and not _has_at_most(event, members_max):
        raise EventTooLarge(details={"members_max": members_max})
    faults = validation.faults_of_event(event, document.prefixes, is_alone=is_alone)
    if faults:
        raise EventsInvalid(faults[0], details={"faults": faults})
    hash_ = event_hash(event, document.prefixes)
    kept = {name: value for name, value in event.items() if name not in ("recordTime", "@context")}
    kept.setdefault("eventID", hash_)
    context = _context(event.get("@context"), document.prefixes)
    if context is not None:
        kept["@context"] = context
    declared = event.get("errorDeclaration")
    raw = msgspec.json.encode(kept)
    return Prepared(
        id=kept["eventID"],
        declared_us=0 if declared is None else parsed_us(declared["declarationTime"]),
        digest=bytes.fromhex(hash_[14:78]),
        event=msgspec.Raw(raw),
        facts=facts_of(event, document.prefixes),
        entry=entry_of(hash_, kept["eventID"], raw, recorded_us // 1000, is_ours=is_ours),
    )


def _has_at_most(event: Any, members_max: int) -> bool:
    """Whether there are so few members of objects and lists in it, at any depth."""
    counted, inside = 0, [event]
    while inside:
        each = inside.pop()
        if isinstance(each, (dict, list)):
            counted += len(each)
            if counted > members_max:
                return False
            inside += each.values() if isinstance(each, dict) else each
    return True


def _context(own: Any, outer: Mapping[str, str]) -> list[Any] | None:
    """What an event has to bring so that it means the same by itself, and nothing else that stood in the document's context;
    None where the standard's is enough.
    """
    used = {name: uri for name, uri in prefixes_of(own, outer).items() if PREFIXES.get(name) != uri}
    return [STANDARD, used] if used else None


def entry_of(hash_: str, id_: str, raw: bytes, at_ms: int, *, is_ours: bool) -> bytes:
    """Of our own events the text, where it fits: an entry has no fractions. Of those of others, which may say what is not for
    everybody, that there was one of this hash, and its bytes by their own.

    Of texts alone, under sorted names, msgspec writes what RFC 8785 asks for, in a fiftieth of the time of entries.encoded.
    """
    if is_ours and len(raw) < ENTRY_BYTES_MAX:
        entry = msgspec.json.encode({"at": in_utc(at_ms), "event": raw.decode(), "hash": hash_, "type": ENTRY_TYPE})
        if len(entry) <= ENTRY_BYTES_MAX:
            return entry
    said = {"hash": hash_, "id": id_, "sha256": sha256(raw).hexdigest(), "bytes": len(raw)}
    return entries.encoded(ENTRY_TYPE, at_ms, said)


async def captured(tx: Transaction, events: Sequence[Prepared]) -> set[int]:
    """Which of them, by their place, were captured before, or come a second time in this sequence."""
    rows = await tx.connection.fetch(Q["captured"], [each.id for each in events], [each.declared_us for each in events])
    seen = {(row["event_id"], row["declared_us"]) for row in rows}
    found = set()
    for place, each in enumerate(events):
        key = (each.id, each.declared_us)
        if key in seen:
            found.add(place)
        seen.add(key)
    return found


async def store(tx: Transaction, events: Sequence[Prepared], recorded_us: int) -> None:
    """Write them and their entries of the log. Raises EventCaptured where one was captured meanwhile, and the transaction, or
    the savepoint around this, is of no use any more."""
    for at in range(0, len(events), AT_ONCE):
        part = events[at : at + AT_ONCE]
        try:
            await _store(tx, part, recorded_us)
        except asyncpg.UniqueViolationError as error:
            raise EventCaptured from error


async def _store(tx: Transaction, events: Sequence[Prepared], recorded_us: int) -> None:
    connection = tx.connection
    entry_ids = await entries.append(tx, [each.entry for each in events])
    numbers = [row["seq"] for row in await connection.fetch(Q["numbers"], len(events))]
    facts = [each.facts for each in events]
    await connection.execute(
        Q["add"], numbers, [each.id for each in events], [each.declared_us for each in events],
        [each.digest for each in events], entry_ids, [each.type for each in facts], [each.event_us for each in facts],
        [each.action for each in facts], [each.biz_step for each in facts], [each.disposition for each in facts],
        [each.read_point for each in facts], [each.biz_location for each in facts],
        [each.event for each in events], recorded_us,
    )  # fmt: skip
    numbered = list(zip(numbers, facts, strict=True))
    for links in _parts((n, role, of.event_us, thing) for n, of in numbered for role, thing in of.links):
        await connection.execute(Q["add_links"], *_columns(links))
    for members in _parts((lot, item, n, of.event_us) for n, of in numbered for lot, item in of.members):
        await connection.execute(Q["add_members"], *_columns(members))
    for values in _parts((n, each.name, each.text, each.num, each.at_us) for n, of in numbered for each in of.values):
        await connection.execute(Q["add_values"], *_columns(values))
    await _add_words(tx, facts)


def _parts(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while part := list(islice(rows, ROWS_AT_ONCE)):
        yield part


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


async def _add_words(tx: Transaction, facts: Iterable[Facts]) -> None:
    used = {
        pair
        for each in facts
        for pair in (
            ("eventTypes", each.type), ("bizSteps", each.biz_step), ("dispositions", each.disposition),
            ("readPoints", each.read_point), ("bizLocations", each.biz_location),
        )
        if pair[1] is not None
    }  # fmt: skip
    pairs = sorted((kind, word) for kind, word in used if word is not None)
    await tx.connection.execute(Q["add_words"], *_columns(pairs))
