"""Channels: ways to reach a person. In the app is one; mail, messages to phones and the like are others."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Protocol

from livehub.base.db import Transaction
from livehub.base.notice_templates import LANGUAGES
from livehub.hub.inbox.inbox import Inbox
from livehub.notify.planning import ChannelTraits, Delivery
from livehub.room.wire import Direct

NOTICE = "notice"  # the type of such a direct message


class Channel(Protocol):
    """Takes deliveries over inside the transaction of the fact, so that what is rolled back was told to nobody.

    Each delivery is handed over once, ever. What can only be sent when that transaction has committed, or later (`due_ms`),
    defers a job in it.
    """

    @property
    def traits(self) -> ChannelTraits: ...

    async def take(self, tx: Transaction, deliveries: Sequence[Delivery], *, now_ms: int) -> None: ...


class InApp:
    """Direct messages: on every device of the person, stored until read, and in the inbox of the pages.

    A page is shown in whatever language its reader chose there, so a message has its words in all of them. `zone`: in which
    moments are shown.
    """

    traits = ChannelTraits(name="app", disturbs=False)

    def __init__(self, inbox: Inbox, zone: tzinfo) -> None:
        self._inbox = inbox
        self._zone = zone

    async def take(self, tx: Transaction, deliveries: Sequence[Delivery], *, now_ms: int) -> None:
        await self._inbox.send_many(tx, [(each.notice.person, self._direct(each, now_ms)) for each in deliveries])

    def _direct(self, delivery: Delivery, now_ms: int) -> Direct:
        notice = delivery.notice
        words = {language: notice.template.in_language(notice.fields, language, self._zone) for language in LANGUAGES}
        data = {
            "template": notice.template.name,
            "titles": {language: each.title for language, each in words.items()},
            "texts": {language: each.text for language, each in words.items()},
            "link": notice.template.path(notice.fields),
        }
        return Direct(id=f"notice-{notice.key}", type=NOTICE, ts=now_ms, data=data)
