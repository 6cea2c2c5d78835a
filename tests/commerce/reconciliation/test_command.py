"""`python -m livehub reconcile`: 0 when all agree, 1 with a line for each difference, 2 when it could not look."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.base.served import NOW_S, Served, serving
from tests.commerce.refunds.paid_orders import NOW_MS, Bought, paid_order

CHECKOUT = Path(__file__).parents[3]
DAY = "2027-01-15"


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    async with serving(database_url) as running:
        await paid_order(running, Bought(qty=2))
        await at_the_sandbox(running, "o1", 2_000)
        yield running


async def at_the_sandbox(served: Served, order: str, amount_minor: int) -> None:
    await served.database.execute(
        "INSERT INTO sandbox_payments (id, amount_minor, currency, description, state, ref, notify_url, return_url, created_ms,"
        " closes_ms) VALUES ($1, $2, 'CNY', '', 'paid', $3, '', '', $4, $4)",
        f"pay-{order}", amount_minor, f"ref-{order}", NOW_MS,
    )  # fmt: skip
    await served.database.execute(
        "INSERT INTO sandbox_captures VALUES ($1, $2, $3, 'CNY', $4)",
        f"ref-{order}", f"pay-{order}", amount_minor, NOW_MS,
    )  # fmt: skip


def reconcile(url: str, *arguments: str) -> tuple[int, list[str], str]:
    """Its exit status, its lines, and the last of what it complains about."""
    environ = {"DATABASE_URL": url, "PATH": "/usr/bin:/bin", "LIVEHUB_TIME_ZONE": "UTC"}
    done = subprocess.run(
        [sys.executable, "-m", "livehub", "reconcile", *arguments],
        cwd=CHECKOUT, env=environ, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.splitlines(), "".join(done.stderr.splitlines()[-1:])


async def test_all_that_agrees_is_0_and_each_difference_is_a_line(served: Served, database_url: str):
    assert NOW_S == 1_800_000_000
    assert reconcile(database_url, "--day", DAY) == (0, ["orders, ledger, stock and providers agree"], "")
    await paid_order(served, Bought(), id_="o2")
    await at_the_sandbox(served, "o3", 700)
    await served.database.execute("UPDATE orders SET refunded_minor = 5 WHERE id = 'o1'")
    status, lines, _ = reconcile(database_url, "--day", DAY)
    assert (status, lines) == (
        1,
        [
            "refunded_not_summed: order o1 says that 5 was refunded, and 0 was sent",
            f"provider: the bill of sandbox of {DAY} has payment pay-o3 of 700 CNY, of which we know nothing",
            f"provider: payment pay-o2 of 1000 CNY is paid here, and sandbox has none on its bill of {DAY}",
        ],
    )
    assert reconcile(database_url, "--day", "2027-01-14")[0] == 0


async def test_it_says_what_it_could_not_look_at(served: Served, database_url: str, empty_database_url: str):
    status, lines, complaint = reconcile("postgresql://nobody@127.0.0.1:1/none")
    assert (status, lines, complaint) == (2, [], "livehub: the database does not answer")
    status, lines, complaint = reconcile(empty_database_url)
    assert (status, lines, complaint) == (
        2, [], "livehub: the database is of another version: run `python -m livehub migrate`",
    )  # fmt: skip
    assert reconcile("")[0] == 2
    await served.database.execute("UPDATE payments SET provider = 'wechatpay'")
    assert reconcile(database_url, "--day", "2027-01-14") == (
        2, [], "livehub: wechatpay is not configured here, so its bills cannot be looked at",
    )  # fmt: skip
    assert reconcile(database_url, "--day", "yesterday")[0] == 2
