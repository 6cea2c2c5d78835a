"""Bills: each day once, each row once; what one says that we know otherwise is found, and overlooked money comes in."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from commerce.payments.bills.days import due, span_ms
from commerce.payments.bills.fetching import Bills, Missing
from commerce.payments.errors import ProviderAway
from commerce.payments.provider import BillRow, BillTimes
from commerce.payments.providers import Providers
from livehub.base.auth import Role
from tests.base.served import NOW_S
from tests.commerce.payments.till import ORDER, TOTAL, Scripted, Shop, shop

SHANGHAI = ZoneInfo("Asia/Shanghai")
ACCOUNT: dict[str, Any] = {"stripe_secret_key": "sk_test_nobody", "stripe_webhook_secret": "whsec_nobody"}
DAY = date(2027, 1, 14)  # it is 8 o'clock of the 15th
AT_MS = 1_799_928_000_000  # within it


class Billed(Scripted):
    """`bills`: rows by day; an exception among them is raised there."""

    bill_times = BillTimes(zone=ZoneInfo("UTC"), ready_h=1)

    name = "stripe"

    def __init__(self) -> None:
        super().__init__()
        self.bills: dict[date, list[BillRow | Exception]] = {}
        self.asked: list[date] = []

    async def bill(self, day: date) -> AsyncIterator[BillRow]:
        self.asked.append(day)
        for row in self.bills.get(day, []):
            if isinstance(row, Exception):
                raise row
            yield row


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Shop]:
    async with shop(
        database_url, payment_providers="stripe", bill_days_max=3, bill_findings_max=5, **ACCOUNT
    ) as running:
        yield running


@pytest.fixture
def provider(till: Shop) -> Billed:
    billed = Billed()
    till.served.application.get(Providers).add(billed)
    return billed


@pytest.fixture
def bills(till: Shop, provider: Billed) -> Bills:
    return till.served.application.get(Bills)


def row(id_: str, amount_minor: int = TOTAL, *, kind: Any = "payment", **changed: Any) -> BillRow:
    given = {"ref": f"ref-{id_}", "currency": "CNY", "at_ms": AT_MS, "fee_minor": 36, **changed}
    return BillRow(kind=kind, id=id_, amount_minor=amount_minor, **given)


async def paid(till: Shop, provider: Billed, order: str = ORDER) -> str:
    """A payment that is paid, and its id."""
    till.till.orders.setdefault(order, ("mei", TOTAL, "CNY"))
    id_ = str((await till.begun(order, provider="stripe"))["id"])
    provider.pay(id_)
    assert await till.closing.close_open(order) == "paid"
    return id_


async def found(till: Shop) -> list[tuple[str, str | None, str | None, int | None]]:
    rows = await till.database.fetch(
        "SELECT details ->> 'what' AS what, payment, refund, amount_minor FROM payment_findings ORDER BY key"
    )
    return [tuple(each) for each in rows]


# --- which days ---


@pytest.mark.parametrize(
    ("now", "days"),
    [
        ("2026-11-30T01:59:59+00:00", ["2026-11-27", "2026-11-28"]),  # 9:59:59 in Shanghai
        ("2026-11-30T02:00:00+00:00", ["2026-11-28", "2026-11-29"]),
        ("2026-11-30T15:59:59+00:00", ["2026-11-28", "2026-11-29"]),
        ("2026-11-30T16:00:00+00:00", ["2026-11-28", "2026-11-29"]),  # midnight there: the bill is made at 10
    ],
)
def test_a_days_bill_is_due_at_ten_in_shanghai_the_day_after(now: str, days: list[str]):
    now_s = datetime.fromisoformat(now).timestamp()
    assert due(now_s, zone=SHANGHAI, ready_h=10, fetched=(), days_max=2) == [date.fromisoformat(day) for day in days]


def test_a_day_that_was_fetched_is_not_due():
    now_s = datetime.fromisoformat("2026-11-30T02:00:00+00:00").timestamp()
    fetched = {date(2026, 11, 28), date(2026, 11, 29)}
    assert due(now_s, zone=SHANGHAI, ready_h=10, fetched=fetched, days_max=3) == [date(2026, 11, 27)]


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [("2026-11-29", "Asia/Shanghai", 24), ("2026-03-29", "Europe/Paris", 23), ("2026-10-25", "Europe/Paris", 25)],
)
def test_a_day_is_as_long_as_it_is_there(day: str, zone: str, hours: int):
    begins_ms, ends_ms = span_ms(date.fromisoformat(day), ZoneInfo(zone))
    assert (ends_ms - begins_ms) // 3_600_000 == hours


# --- fetching ---


async def test_the_days_before_are_fetched_once_each(till: Shop, provider: Billed, bills: Bills):
    id_ = await paid(till, provider)
    provider.bills[DAY] = [row(id_), row("re-9", 847, kind="refund", fee_minor=-5)]
    await till.database.execute(
        "INSERT INTO refunds (id, order_id, payment, kind, key, amount_minor, currency, reason, state, created_ms, paid_ms,"
        " next_try_real_ms) VALUES ('re-9', $1, $2, 'lines', 'k', 847, 'CNY', 'bruised', 'paid', 1, 2, 0)", ORDER, id_,
    )  # fmt: skip
    await bills.fetch_due()
    await bills.fetch_due()
    assert provider.asked == [date(2027, 1, 12), date(2027, 1, 13), DAY]
    rows = await till.database.fetch("SELECT * FROM bill_rows ORDER BY kind")
    assert [tuple(each) for each in rows] == [
        ("stripe", "payment", id_, f"ref-{id_}", TOTAL, "CNY", 36, AT_MS, DAY),
        ("stripe", "refund", "re-9", "ref-re-9", 847, "CNY", -5, AT_MS, DAY),
    ]
    days = await till.database.fetch("SELECT day, tries, rows, fetched_real_ms, fault FROM bill_days ORDER BY day")
    now_ms = int(NOW_S * 1000)
    assert [tuple(each) for each in days] == [
        (date(2027, 1, 12), 1, 0, now_ms, None),
        (date(2027, 1, 13), 1, 0, now_ms, None),
        (DAY, 1, 2, now_ms, None),
    ]
    assert await found(till) == []


async def test_a_bill_of_many_rows_is_stored_whole(till: Shop, provider: Billed, bills: Bills):
    provider.bills[DAY] = [row(f"r{number}", kind="refund") for number in range(1_234)]
    done = await bills.fetch("stripe", DAY)
    assert (done.rows, done.findings) == (1_234, 1_234)
    assert await till.value("SELECT count(*) FROM bill_rows") == 1_234
    assert len(await found(till)) == 6  # five of them, and how many more
    assert await till.value("SELECT details ->> 'untold' FROM payment_findings WHERE key LIKE '%more%'") == "1229"


async def test_what_the_provider_keeps_is_in_the_ledger_once_when_the_bill_is_whole(
    till: Shop, provider: Billed, bills: Bills
):
    provider.bills[DAY] = [
        row("a"), row("b", fee_minor=14), row("re", kind="refund", fee_minor=-5), row("c", currency="USD", fee_minor=7),
        row("d", currency="EUR", fee_minor=0),
    ]  # fmt: skip
    await bills.fetch("stripe", DAY)
    await asyncio.gather(*(bills.fetch("stripe", DAY) for _ in range(3)))
    rows = await till.database.fetch(
        "SELECT t.key, e.account, e.amount_minor FROM ledger_transfers t JOIN ledger_entries e ON e.transfer = t.id"
        " WHERE t.what = 'fee' ORDER BY t.key, e.amount_minor"
    )
    assert [tuple(each) for each in rows] == [
        (f"fee:stripe:{DAY}:CNY", "clearing:stripe", -45), (f"fee:stripe:{DAY}:CNY", "provider_fees", 45),
        (f"fee:stripe:{DAY}:USD", "clearing:stripe", -7), (f"fee:stripe:{DAY}:USD", "provider_fees", 7),
    ]  # fmt: skip


async def test_a_bill_that_breaks_off_is_read_anew(till: Shop, provider: Billed, bills: Bills):
    id_ = await paid(till, provider)
    provider.bills[DAY] = [*(row(f"x{number}") for number in range(600)), ProviderAway("broken off"), row(id_)]
    await bills.fetch_due()
    assert await till.value("SELECT fault FROM bill_days WHERE day = $1", DAY) == "broken off"
    provider.bills[DAY] = [*(row(f"x{number}") for number in range(600)), row(id_)]
    await bills.fetch_due()
    assert provider.asked == [date(2027, 1, 12), date(2027, 1, 13), DAY, DAY]
    assert await till.value("SELECT rows FROM bill_days WHERE day = $1", DAY) == 601
    assert await till.value("SELECT count(*) FROM bill_rows") == 601
    assert await till.value("SELECT tries FROM bill_days WHERE day = $1", DAY) == 2


async def test_what_one_provider_fails_at_keeps_nobody_else_from_theirs(till: Shop, provider: Billed, bills: Bills):
    other = Billed()
    other.name = "wechatpay"
    till.served.application.get(Providers).add(other)
    provider.bills = {date(2027, 1, 12): [KeyError("a defect")], DAY: [ProviderAway()]}
    other.bills[DAY] = [row("x")]
    await bills.fetch_due()
    days = await till.database.fetch(
        "SELECT provider, day FROM bill_days WHERE fetched_real_ms IS NOT NULL ORDER BY provider, day"
    )
    assert [tuple(each) for each in days] == [
        ("stripe", date(2027, 1, 13)),
        ("wechatpay", date(2027, 1, 12)),
        ("wechatpay", date(2027, 1, 13)),
        ("wechatpay", DAY),
    ]
    assert (
        await till.value("SELECT fault FROM bill_days WHERE day = '2027-01-12' AND provider = 'stripe'") == "KeyError"
    )


async def test_a_bill_that_cannot_be_had_for_a_day_is_told(till: Shop, provider: Billed, bills: Bills):
    provider.bills[DAY] = [ProviderAway("not made yet")]
    await till.database.execute("INSERT INTO bill_days (provider, day, tries) VALUES ('stripe', $1, 70)", DAY)
    await bills.fetch_due()
    assert await found(till) == []
    await bills.fetch_due()
    await bills.fetch_due()
    assert await found(till) == [("late", None, None, None)]


async def test_a_bill_with_more_rows_than_are_allowed_is_not_fetched(database_url: str):
    async with shop(database_url, payment_providers="stripe", bill_rows_max=1_000, **ACCOUNT) as till:
        billed = Billed()
        till.served.application.get(Providers).add(billed)
        billed.bills[DAY] = [row(f"r{number}") for number in range(1_001)]
        with pytest.raises(ProviderAway):
            await till.served.application.get(Bills).fetch("stripe", DAY)


async def test_no_rows_for_a_day_on_which_we_were_paid_is_no_bill(till: Shop, provider: Billed, bills: Bills):
    id_ = await paid(till, provider)
    await till.database.execute("UPDATE payments SET paid_real_ms = $1", AT_MS)
    with pytest.raises(Missing):
        await bills.fetch("stripe", DAY)
    assert (await bills.fetch("stripe", date(2027, 1, 13))).rows == 0
    provider.bills[DAY] = [row(id_)]
    assert (await bills.fetch("stripe", DAY)).rows == 1


# --- what is compared ---


async def test_what_we_do_not_know_is_found(till: Shop, provider: Billed, bills: Bills):
    provider.bills[DAY] = [row("strange", 990), row("odd", 847, kind="refund")]
    assert (await bills.fetch("stripe", DAY)).findings == 2
    await bills.fetch("stripe", DAY)
    assert await found(till) == [
        ("unknown_payment", "strange", None, 990),
        ("unknown_refund", None, "odd", 847),
    ]


@pytest.mark.parametrize("changed", [{"amount_minor": 1}, {"currency": "USD"}])
async def test_other_figures_are_found(till: Shop, provider: Billed, bills: Bills, changed: dict[str, Any]):
    id_ = await paid(till, provider)
    provider.bills[DAY] = [row(id_, **changed)]
    await bills.fetch("stripe", DAY)
    assert await found(till) == [("amount", id_, None, changed.get("amount_minor", TOTAL))]


async def test_money_of_a_closed_attempt_whose_notice_was_lost_comes_in(till: Shop, provider: Billed, bills: Bills):
    id_ = str((await till.begun(provider="stripe"))["id"])
    assert await till.closing.close_open(ORDER) == "closed"
    provider.pay(id_)  # all the same
    provider.bills[DAY] = [row(id_)]
    assert (await bills.fetch("stripe", DAY)).findings == 0
    assert [(each.payment, each.amount_minor) for each in till.till.heard] == [(id_, TOTAL)]
    assert (await till.payment(id_))["state"] == "paid"


async def test_money_that_the_provider_itself_does_not_know_of_is_found(till: Shop, provider: Billed, bills: Bills):
    id_ = str((await till.begun(provider="stripe"))["id"])
    provider.bills[DAY] = [row(id_)]
    await bills.fetch("stripe", DAY)
    assert await found(till) == [("not_paid", id_, None, TOTAL)]
    assert till.till.heard == []


async def test_a_payment_of_another_provider_is_not_known(till: Shop, provider: Billed, bills: Bills):
    id_ = await paid(till, provider)
    await till.database.execute("UPDATE payments SET provider = 'wechatpay'")
    provider.bills[DAY] = [row(id_)]
    await bills.fetch("stripe", DAY)
    assert [what for what, *_ in await found(till)] == ["unknown_payment"]


async def test_the_same_row_in_two_bills_or_twice_in_one_is_found(till: Shop, provider: Billed, bills: Bills):
    id_ = await paid(till, provider)
    provider.bills[date(2027, 1, 13)] = [row(id_)]
    await bills.fetch("stripe", date(2027, 1, 13))
    provider.bills[DAY] = [row(id_)]
    await bills.fetch("stripe", DAY)
    assert await found(till) == [("twice", id_, None, TOTAL)]
    assert await till.value("SELECT day FROM bill_rows") == date(2027, 1, 13)
    await till.database.execute("TRUNCATE payment_findings; TRUNCATE bill_rows")
    provider.bills[DAY] = [row(id_), row(id_, ref="another")]
    await bills.fetch("stripe", DAY)
    assert await found(till) == [("twice", id_, None, TOTAL)]


async def test_the_same_bill_again_changes_nothing(till: Shop, provider: Billed, bills: Bills):
    id_ = await paid(till, provider)
    provider.bills[DAY] = [row(id_), row("strange")]
    await bills.fetch("stripe", DAY)
    before = await till.served.contents()
    await asyncio.gather(*(bills.fetch("stripe", DAY) for _ in range(3)))
    assert await till.served.contents() == before


async def test_a_refund_that_failed_here_and_is_in_the_bill_is_found(till: Shop, provider: Billed, bills: Bills):
    id_ = await paid(till, provider)
    await till.database.execute(
        "INSERT INTO refunds (id, order_id, payment, kind, key, amount_minor, currency, reason, state, created_ms, failed_ms,"
        " next_try_real_ms) VALUES ('re-9', $1, $2, 'lines', 'k', 847, 'CNY', 'bruised', 'failed', 1, 2, 0)", ORDER, id_,
    )  # fmt: skip
    provider.bills[DAY] = [row(id_), row("re-9", 847, kind="refund")]
    await bills.fetch("stripe", DAY)
    assert await found(till) == [("not_refunded", id_, "re-9", 847)]


# --- as staff see them ---


async def test_staff_see_which_day_was_fetched_what_it_comes_to_and_what_differs(
    till: Shop, provider: Billed, bills: Bills
):
    id_ = await paid(till, provider)
    provider.bills[DAY] = [row(id_), row("pay-unknown", 100), row("re-9", 847, kind="refund", fee_minor=-5)]
    provider.bills[date(2027, 1, 13)] = [ProviderAway("=away")]
    await bills.fetch_due()
    served = till.served
    told = await served.done("GET /api/bills", role=Role.OPS)
    first, second, third = told["items"]
    assert told["next"] is None
    assert (first["day"], first["rows"], first["fault"]) == ("2027-01-14", 3, None)
    assert (first["differences"], first["open"]) == (2, 2)
    assert first["sums"] == [
        {"currency": "CNY", "taken_minor": TOTAL + 100, "returned_minor": 847, "fee_minor": 36 + 36 - 5}
    ]
    assert (second["day"], second["rows"], second["fetched_at"], second["tries"]) == ("2027-01-13", None, None, 1)
    assert second["fault"]
    assert (third["rows"], third["sums"]) == (0, [])
    days = [
        [bill["day"] for bill in (await served.done(f"GET /api/bills?state={state}", role=Role.OPS))["items"]]
        for state in ("fetched", "missing", "differs")
    ]
    assert days == [["2027-01-14", "2027-01-12"], ["2027-01-13"], ["2027-01-14"]]
    page = await served.done("GET /api/bills?limit=1", role=Role.OPS)
    assert (await served.done(f"GET /api/bills?limit=2&after={page['next']}", role=Role.OPS))["items"] == [
        second,
        third,
    ]
    assert (await served.call("GET /api/bills?after=nonsense", role=Role.OPS)).status == 400


async def test_findings_are_found_by_the_bill_that_they_are_of_and_by_a_whole_id(
    till: Shop, provider: Billed, bills: Bills
):
    id_ = await paid(till, provider)
    provider.bills[DAY] = [row(id_, TOTAL + 1), row("pay-unknown", 100)]
    await bills.fetch_due()
    served = till.served

    async def found_by(query: str) -> int:
        return len((await served.done(f"GET /api/payment-findings?{query}", role=Role.OPS))["items"])

    assert await found_by("provider=stripe&day=2027-01-14") == 2
    assert await found_by("provider=stripe&day=2027-01-13") == 0
    assert await found_by("provider=wechatpay&day=2027-01-14") == 0
    assert await found_by(f"q={id_}") == await found_by(f"q={ORDER}") == 1
    assert await found_by(f"q={id_[:-1]}") == 0
    answer = await served.call("GET /api/bills", role=Role.ADMIN, headers={"Accept": "text/csv"})
    assert len(answer.raw.decode().splitlines()) == 1 + 3
