"""Which room a sale belongs to, and what its units take, for taps: remembered for as long as there is room, since neither ever
changes.

What is not known here is looked up in PostgreSQL for all who ask in the same moment by one query, so that made-up ids cost no
query each.
"""

from collections import OrderedDict
from collections.abc import Sequence

from msgspec import Struct

from commerce.sales.errors import SaleNotFound
from commerce.sales.lines import Takes, takes_of
from commerce.sales.settings import SalesConfig
from commerce.sales.store import Q, components_of
from livehub.base.db import Database
from livehub.base.errors import LivehubError
from livehub.base.group_commit import GroupCommit

BATCH_MAX = 1_000  # ids in one query


class SalePlace(Struct, frozen=True):
    """Where a sale is, and what each of its units takes."""

    room: str
    takes: Takes


class SaleIndex:
    def __init__(self, config: SalesConfig, database: Database) -> None:
        self._database = database
        self._known_max = config.sales_known_max
        self._known: OrderedDict[str, SalePlace] = OrderedDict()
        self._look_ups: GroupCommit[str, SalePlace] = GroupCommit(
            "sale look-ups", self._look_up, batch_max=BATCH_MAX, pending_max=config.sale_look_ups_max
        )

    def start(self) -> None:
        self._look_ups.start()

    async def stop(self) -> None:
        await self._look_ups.stop()

    def known(self, sales: Sequence[str]) -> dict[str, SalePlace] | None:
        """The place of each, if all are remembered."""
        known = self._known
        try:
            return {sale: known[sale] for sale in sales}
        except KeyError:
            return None

    async def find(self, sales: Sequence[str]) -> dict[str, SalePlace]:
        """The place of each. Raises SaleNotFound, Unavailable."""
        found: dict[str, SalePlace] = {}
        for sale in sales:
            known = self._known.get(sale)
            if known is None:
                known = await self._look_ups.add(sale)
                self._remember(sale, known)
            found[sale] = known
        return found

    def _remember(self, sale: str, place: SalePlace) -> None:
        self._known[sale] = place
        if len(self._known) > self._known_max:
            self._known.popitem(last=False)

    async def _look_up(self, sales: list[str]) -> list[SalePlace | LivehubError]:
        async with self._database.batch.connection() as connection:
            rows = await connection.fetch(Q["places"], list(set(sales)))
        found = {
            row["id"]: SalePlace(row["room"], takes_of(row["product"], components_of(row["components"])))
            for row in rows
        }
        return [found.get(sale) or SaleNotFound() for sale in sales]
