"""Fills the port PersonAliases: people who turned out to be another one are one for the stock engine, limits and holds."""

from commerce.flashsale.client import StockClient
from commerce.flashsale.requests import Alias, Refused, Unalias
from livehub.base.auth import GUEST
from livehub.people.merging import CannotMerge


class StockAliases:
    """Asks the engine. A guest may not buy, so there is nothing of theirs to be counted: that costs no place among the
    `kernel.GROUP_MAX` accounts that one person can have become."""

    def __init__(self, client: StockClient) -> None:
        self._client = client

    async def alias(self, merged: str, person: str) -> None:
        if merged.startswith(GUEST):
            return
        answer = await self._client.ask_for_staff(Alias(merged, person))
        if isinstance(answer, Refused):
            raise CannotMerge(f"the stock engine says {answer.code}")

    async def unalias(self, merged: str, person: str) -> None:
        del person
        if not merged.startswith(GUEST):
            await self._client.ask_for_staff(Unalias(merged))
