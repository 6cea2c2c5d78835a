"""Batches as PostgreSQL has them: written with their entry of the log, and read as calls show them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from asyncpg import Record
from msgspec import UNSET

from livehub.base.auth import Identity
from livehub.base.db import Connection, Transaction
from livehub.base.idempotency import RowKey
from livehub.base.lists import iso
from livehub.base.sql import queries
from livehub.base.uploads.uses import picture
from trace.anchor.covering import OnChain, on_chain
from trace.batches import saying, schemas
from trace.batches.errors import BatchNotFound, LotTaken
from trace.batches.places import Place
from trace.batches.saying import NewBatch, code_of
from trace.log.entries import append

Q = queries(__file__, "batches.sql")
STEPS = queries(__file__, "steps.sql")

PLACE = ("place_name", "lat", "lon", "given_lat", "given_lon", "datum")


async def insert(tx: Transaction, new: NewBatch, key: RowKey | None, *, by: str, now_ms: int) -> None:
    """Write a batch, its certificates and its entry. Raises LotTaken; whoever asked must then leave the transaction."""
    db = tx.connection
    (entry,) = await append(tx, [saying.batch(new, now_ms)])
    place = columns_of(new.place)
    kept = (None, None) if key is None else (key.digest, key.fingerprint)
    row = await db.fetchrow(
        Q["insert"], new.id, new.product, new.gtin, new.lot, new.made_by, new.made_ms, *place, new.units, *kept, entry,
        now_ms, by,
    )  # fmt: skip
    if row is None:
        raise LotTaken(details={"batch": await db.fetchval(Q["of_lot"], new.gtin, new.lot)})
    for position, each in enumerate(new.certificates):
        await db.execute(
            Q["insert_certificate"],
            new.id,
            position,
            each.kind,
            each.number,
            each.valid_until,
            each.picture,
            each.sha256,
        )


async def kept_picture(
    connection: Connection, upload: str | None, *, by: Identity, used_as: str, field: str, now_ms: int
) -> tuple[str | None, bytes | None]:
    """Where an upload is shown, and the hash of its file; it is kept from now on. Raises UploadNotFound."""
    if upload is None:
        return None, None
    address = await picture(connection, upload, by=by, used_as=used_as, field=field, now_ms=now_ms)
    return address, await connection.fetchval(Q["sha256_of_upload"], upload)


async def leaf_of(connection: Connection, entry: int) -> int | None:
    """The place of an entry in the log; None as long as no published checkpoint has it."""
    leaf: int | None = await connection.fetchval(Q["leaf"], entry)
    return leaf


async def row_of(connection: Connection, id_: str) -> Record:
    """Raises BatchNotFound."""
    row = await connection.fetchrow(Q["batch"], id_)
    if row is None:
        raise BatchNotFound
    return row


async def products_of(connection: Connection, batches: Sequence[str]) -> dict[str, str]:
    """The product of each batch that is known."""
    return {row["id"]: row["product"] for row in await connection.fetch(Q["products_of"], list(batches))}


def is_whole(kin: Sequence[Record], most: int) -> bool:
    """Whether these are all that a batch came of, or that became of it; one more than `most` was asked for."""
    return len(kin) <= most and not any(row["is_cut"] for row in kin)


async def steps_of(connection: Connection, batch: str, most: int) -> list[schemas.BatchStep]:
    """Those of a batch, as they were done."""
    return [step_of(row) for row in await connection.fetch(STEPS["of_batch"], batch, most)]


async def certificates_of(connection: Connection, batch: str) -> list[schemas.BatchCertificate]:
    """Those of a batch."""
    return [certificate_of(row) for row in await connection.fetch(Q["certificates"], batch)]


def columns_of(place: Place | None) -> tuple[Any, ...]:
    """The columns PLACE of it."""
    if place is None:
        return (None,) * len(PLACE)
    return place.name, place.lat, place.lon, place.given_lat, place.given_lon, place.datum


def place_of(row: Any) -> schemas.BatchPlace | None:
    """Out of the columns PLACE."""
    name, *fields = (row[each] for each in PLACE)
    return None if name is None else schemas.BatchPlace(name=name, **dict(zip(PLACE[1:], fields, strict=True)))


Chains = Mapping[int, OnChain]
"""Where leaves of the log are on a chain."""


async def chains_of(connection: Connection, leaves: Iterable[int | None]) -> Chains:
    """Of those that there are."""
    known = [leaf for leaf in leaves if leaf is not None]
    return await on_chain(connection, known) if known else {}


def chain_of(leaf: int | None, chains: Chains) -> schemas.ChainState:
    """Where it is: in the log, and on a chain if that has been anchored."""
    found = None if leaf is None else chains.get(leaf)
    if found is None or found.id is None:
        return schemas.ChainState(state="pending", leaf=leaf)
    return schemas.ChainState(
        state=found.state,
        leaf=leaf,
        id=found.id,
        logged_at=iso(found.logged_ms) or UNSET,
        anchored_at=iso(found.anchored_ms) or UNSET,
        is_development=found.is_development or UNSET,
    )


Coded = Callable[[str, str, str | None], str]
"""The address of (gtin, lot, serial)."""


def batch_of(row: Any, coded: Coded, chains: Chains) -> schemas.Batch:
    """As calls show it."""
    return schemas.Batch(**fields_of(row, coded, chains))


def fields_of(row: Any, coded: Coded, chains: Chains) -> dict[str, Any]:
    """Those of schemas.Batch."""
    return {
        **{name: row[name] for name in ("id", "product", "gtin", "lot", "made_by", "units", "boxes", "packed")},
        "code": coded(row["gtin"], row["lot"], None),
        "made_at": _iso(row["made_ms"]),
        "place": place_of(row),
        "left": row["units"] - row["used"],
        "chain": chain_of(row["leaf"], chains),
    }


def step_of(row: Any) -> schemas.BatchStep:
    """As calls show it."""
    digest = row["photo_sha256"]
    return schemas.BatchStep(
        id=row["id"],
        kind=row["kind"],
        at=_iso(row["at_ms"]),
        recorded_at=_iso(row["recorded_ms"]),
        place=place_of(row),
        celsius=row["celsius"],
        photo=row["photo"],
        photo_sha256=None if digest is None else digest.hex(),
        note=row["note"],
        leaf=row["leaf"],
    )


def certificate_of(row: Any) -> schemas.BatchCertificate:
    """As calls show it."""
    """As calls show it."""
    digest, ends = row["sha256"], row["valid_until"]
    return schemas.BatchCertificate(
        kind=row["kind"],
        number=row["number"],
        valid_until=None if ends is None else ends.isoformat(),
        picture=row["picture"],
        sha256=None if digest is None else digest.hex(),
    )


def codes(base: str) -> Coded:
    """Addresses at `base`."""

    def coded(gtin: str, lot: str, serial: str | None) -> str:
        return code_of(gtin, lot, serial).uri(base)

    return coded


def kin_of(rows: Sequence[Record], coded: Coded) -> list[schemas.BatchKin]:
    """As calls show them."""
    names = ("id", "gtin", "lot", "product", "made_by", "steps_away")
    return [
        schemas.BatchKin(
            **{name: row[name] for name in names},
            code=coded(row["gtin"], row["lot"], None),
            made_at=_iso(row["made_ms"]),
        )
        for row in rows
    ]


def _iso(ms: int) -> str:
    text = iso(ms)
    assert text is not None
    return text
