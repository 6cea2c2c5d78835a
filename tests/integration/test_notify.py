"""What somebody is told is told once, on every device of theirs, when what it is about has committed."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import asyncpg
import pytest
from msgspec import Struct

from livehub.base.money import Money
from livehub.base.notice_templates import NoticeKind, NoticeTemplate, NoticeWords
from livehub.notify.notify import Notify
from livehub.notify.planning import Notice
from tests.integration.server import InProcessServer
from tests.integration.viewers import Crowd

OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]


class Paid(Struct, frozen=True, kw_only=True):
    order: str
    total: Money


PAID = NoticeTemplate(
    name="paid",
    kind=NoticeKind.MONEY,
    fields=Paid,
    link="/orders/{order}",
    words={
        "zh": NoticeWords(title="支付成功", text="已支付 {total}。"),
        "en": NoticeWords(title="Payment received", text="{total} paid."),
    },
)


def paid(order: str, person: str = "mei", minor: int = 5930) -> Notice[Paid]:
    fields = Paid(order=order, total=Money(minor, "CNY", 2))
    return Notice(person=person, template=PAID, fields=fields, key=f"order-paid:{order}")


async def tell(server: InProcessServer, *notices: Notice[Paid], now_ms: int = 1_000) -> None:
    async with server.application.database.transaction() as tx:
        await server.application.get(Notify).notify(tx, notices, now_ms=now_ms)


async def rows(database_url: str, query: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(database_url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


LEDGER = "SELECT key, channel, template, person, due_ms, created_ms FROM notice_deliveries ORDER BY key"


async def test_a_notice_comes_to_every_device_in_both_languages(
    server: InProcessServer, crowd: Crowd, database_url: str
):
    devices = [await crowd.raw(server, server.person("mei")), await crowd.raw(server, server.person("mei"))]
    await tell(server, paid("1"))
    for device in devices:
        direct = await device.inbox.until("direct")
        assert (direct["id"], direct["type"], direct["ts"]) == ("notice-order-paid:1", "notice", 1_000)
        assert direct["data"] == {
            "template": "paid",
            "titles": {"zh": "支付成功", "en": "Payment received"},
            "texts": {"zh": "已支付 ¥59.30。", "en": "¥59.30 paid."},
            "link": "/orders/1",
        }
    assert await rows(database_url, LEDGER) == [("order-paid:1", "app", "paid", "mei", 1_000, 1_000)]


async def test_a_retry_tells_nobody_anything(server: InProcessServer, database_url: str):
    await tell(server, paid("1"), now_ms=1_000)
    await tell(server, paid("1", minor=1), paid("2"), now_ms=2_000)
    assert await rows(database_url, LEDGER) == [
        ("order-paid:1", "app", "paid", "mei", 1_000, 1_000),
        ("order-paid:2", "app", "paid", "mei", 2_000, 2_000),
    ]
    assert await rows(database_url, "SELECT id, data->'texts'->>'en' FROM directs ORDER BY id") == [
        ("notice-order-paid:1", "¥59.30 paid."),
        ("notice-order-paid:2", "¥59.30 paid."),
    ]


async def test_what_was_read_and_forgotten_is_not_told_again(server: InProcessServer, database_url: str):
    await tell(server, paid("1"))
    await rows(database_url, "DELETE FROM directs")  # as its retention does
    await tell(server, paid("1"))
    assert await rows(database_url, "SELECT id FROM directs") == []


async def test_of_two_with_one_key_in_one_call_the_first_is_told(server: InProcessServer, database_url: str):
    await tell(server, paid("1", minor=1), paid("1", minor=2))
    assert await rows(database_url, "SELECT data->'texts'->>'en' FROM directs") == [("¥0.01 paid.",)]


async def test_what_is_rolled_back_was_told_to_nobody(server: InProcessServer, database_url: str):
    async def tell_and_fail() -> None:
        async with server.application.database.transaction() as tx:
            await server.application.get(Notify).notify(tx, [paid("1")], now_ms=1_000)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await tell_and_fail()
    assert await rows(database_url, "SELECT key FROM notice_deliveries") == []
    assert await rows(database_url, "SELECT id FROM directs") == []
    await tell(server, paid("1"))
    assert await rows(database_url, "SELECT id FROM directs") == [("notice-order-paid:1",)]


async def test_two_who_tell_the_same_at_once_tell_it_once_between_them(server: InProcessServer, database_url: str):
    one = [paid(str(number)) for number in range(50)]
    await asyncio.gather(tell(server, *one), tell(server, *reversed(one)), tell(server, *one))
    assert await rows(database_url, "SELECT count(*) FROM directs") == [(50,)]
    assert await rows(database_url, "SELECT count(*) FROM notice_deliveries") == [(50,)]


async def test_nothing_to_tell_is_nothing(server: InProcessServer, database_url: str):
    await tell(server)
    assert await rows(database_url, LEDGER) == []
