"""One look at everything: the books, and each provider that has brought in money.

What differs is looked at a second time after a moment, and told only if it still does: a payment that the provider has made and
we hear of a second later is none, and neither are units that are sold before their order is paid.
"""

import asyncio
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from msgspec import Struct

from commerce.ledger.closing import bounds_of
from commerce.payments.errors import ProviderAway, ProviderOff
from commerce.payments.providers import Providers
from commerce.reconciliation import books
from commerce.reconciliation.bills import Bills, CouldNotLook, Q
from commerce.reconciliation.books import EVER_MS, Difference
from livehub.base.db import Database

LOOK_AGAIN_S = 3.0
SHOWN_MAX = 1_000  # of each sort


class Looked(Struct, frozen=True, kw_only=True):
    """`away`: what could not be looked at, in words."""

    differences: list[Difference]
    away: list[str]


async def reconcile(
    database: Database,
    providers: Providers,
    zone: ZoneInfo,
    *,
    day: date | None,
    now_s: float,
    again_s: float = LOOK_AGAIN_S,
) -> Looked:
    """What differs now and a moment later. `day`: in the shop's zone, at a provider in its own; None: all there is. `now_s`:
    Unix seconds of real time. Raises Unavailable.
    """
    first = await _look(database, providers, zone, day=day, now_s=now_s)
    if not first.differences:
        return first
    await asyncio.sleep(again_s)
    second = await _look(database, providers, zone, day=day, now_s=now_s + again_s)
    still = set(second.differences)
    return Looked(differences=[each for each in first.differences if each in still], away=second.away)


async def _look(database: Database, providers: Providers, zone: ZoneInfo, *, day: date | None, now_s: float) -> Looked:
    from_ms, until_ms = (0, EVER_MS) if day is None else bounds_of(day, zone)
    found = await books.differences(database, from_ms=from_ms, until_ms=until_ms, most=SHOWN_MAX)
    away: list[str] = []
    for name in await _providers_of(database):
        try:
            bills = Bills(database, providers.get(name), now_s=now_s)
            found += await bills.differences(day, most=SHOWN_MAX)
        except ProviderOff:
            away.append(f"{name} is not configured here, so its bills cannot be looked at")
        except ProviderAway as error:
            away.append(f"{name} does not answer: {error}")
        except CouldNotLook as error:
            away.append(str(error))
    return Looked(differences=found, away=away)


async def _providers_of(database: Database) -> Sequence[str]:
    async with database.connection() as connection:
        return [row["provider"] for row in await connection.fetch(Q["providers"])]
