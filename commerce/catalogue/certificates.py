"""Certificates on file: what proves a claim, and until when. It holds up to the end of its last day in the shop's time zone."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from asyncpg import Record
from msgspec import Struct

from commerce.catalogue.product_schemas import Certificate
from livehub.base.db import Connection
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.sql import queries

Q = queries(__file__, "editing.sql")


class OnFile(Struct, frozen=True, kw_only=True):
    """A certificate as it is kept; `picture` is an address."""

    kind: str
    picture: str
    number: str
    valid_until: date

    def holds(self, today: date) -> bool:
        """Whether it proves anything today."""
        return today <= self.valid_until


def day_of(now_ms: int, zone: ZoneInfo) -> date:
    """Which day it is in the shop."""
    return datetime.fromtimestamp(now_ms / 1000, zone).date()


def kinds_of(certificates: Iterable[OnFile], today: date) -> list[str]:
    """What they prove today."""
    return sorted({each.kind for each in certificates if each.holds(today)})


def told(certificates: Iterable[OnFile], today: date) -> list[Certificate]:
    """As the calls have them."""
    return [
        Certificate(
            kind=each.kind, picture=each.picture, number=each.number, valid_until=each.valid_until, holds=each.holds(today)
        )
        for each in certificates
    ]  # fmt: skip


async def of_product(connection: Connection, product: str) -> list[OnFile]:
    """Those of a product, oldest first."""
    return [_on_file(row) for row in await connection.fetch(Q["certificates"], product)]


def _on_file(row: Record) -> OnFile:
    fields: dict[str, Any] = {name: row[name] for name in OnFile.__struct_fields__}
    return OnFile(**fields)


async def replace(connection: Connection, product: str, wanted: Sequence[OnFile], *, now_ms: int) -> bool:
    """Have these on file and no others; whether that changed anything. Those that stay are the same as before."""
    rows = await connection.fetch(Q["certificates"], product)
    known = {_on_file(row): row["id"] for row in rows}
    gone = [id_ for certificate, id_ in known.items() if certificate not in wanted]
    added = [certificate for certificate in dict.fromkeys(wanted) if certificate not in known]
    if gone:
        await connection.execute(Q["remove_certificates"], gone, now_ms)
    for each in added:
        id_ = ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES))
        await connection.execute(
            Q["insert_certificate"], id_, product, each.kind, each.picture, each.number, each.valid_until, now_ms
        )
    return bool(gone or added)
