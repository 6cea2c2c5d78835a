"""Tells people things, each once: by the plan (planning.py), the ledger of deliveries and the channels.

    paid = Notice(person=person, template=ORDER_PAID, fields=Paid(...), key=f"order-paid:{order}")
    await notify.notify(tx, [paid], now_ms=now_ms)

The ledger has a row for each notice and channel, written in the transaction of the fact, with UNIQUE(key, channel): whoever
tells the same again, after a crash or a retry, tells nobody anything.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from livehub.base.db import Connection, Transaction
from livehub.base.module import Context, Part
from livehub.base.sql import queries
from livehub.hub.inbox.inbox import Inbox
from livehub.notify.channels import Channel, InApp
from livehub.notify.planning import Notice, Preferences, plan

Q = queries(__file__, "notify.sql")


class PreferencesOf(Protocol):
    """What people chose, those who chose anything; provided by the module that asks them."""

    async def preferences_of(self, connection: Connection, people: Sequence[str]) -> Mapping[str, Preferences]: ...


class Notify(Part):
    """`channels`: another module adds its own while it is built."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._zone = ZoneInfo(context.settings.core.time_zone)
        self.channels: list[Channel] = [InApp(context.get(Inbox), self._zone)]

    async def notify(self, tx: Transaction, notices: Sequence[Notice[Any]], *, now_ms: int) -> None:
        """Tell people inside `tx`; it goes out when that commits. What has a key that was used is told no more.

        `now_ms`: business time, Unix ms.
        """
        if not notices:
            return
        traits = [channel.traits for channel in self.channels]
        planned = plan(notices, traits, await self._chosen(tx, notices), now_ms=now_ms, zone=self._zone)
        by_key = {(each.notice.key, each.channel): each for each in reversed(planned)}  # of one key the first counts
        deliveries = list(reversed(by_key.values()))
        rows = await tx.connection.fetch(
            Q["insert_deliveries"],
            [each.notice.key for each in deliveries],
            [each.channel for each in deliveries],
            [each.notice.template.name for each in deliveries],
            [each.notice.person for each in deliveries],
            [each.due_ms for each in deliveries],
            now_ms,
        )
        new = {(row["key"], row["channel"]) for row in rows}
        for channel in self.channels:
            name = channel.traits.name
            theirs = [each for each in deliveries if each.channel == name and (each.notice.key, name) in new]
            if theirs:
                await channel.take(tx, theirs, now_ms=now_ms)

    async def _chosen(self, tx: Transaction, notices: Sequence[Notice[Any]]) -> Mapping[str, Preferences]:
        asked: PreferencesOf | None = self._context.port(PreferencesOf)
        if asked is None:
            return {}
        return await asked.preferences_of(tx.connection, sorted({notice.person for notice in notices}))
