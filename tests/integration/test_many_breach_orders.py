"""A breach of two thousand orders: all are told at once, and each gets its offer once, though the process of jobs is killed."""

import asyncio
import signal

from livehub.base.config import Settings
from livehub.base.events import emit
from tests.base.served import NOW_S, Served, serving
from tests.integration.processes import Processes
from tests.integration.server import eventually
from tests.patience import PATIENCE_S, START_PATIENCE_S
from trace.coldchain.events import ColdChainBreach, Offer

ORDERS = 2_000
FEW = 200  # of these have their offers when it is killed
NOW_MS = int(NOW_S * 1000)

BOUGHT = """
    WITH made AS (
        INSERT INTO orders (id, number, person, key, fingerprint, state, currency, goods_minor, discount_minor, delivery_minor,
            delivery_discount_minor, total_minor, paid_minor, closes_ms, created_ms, paid_ms, stock_state)
        SELECT 'o' || n, '2026' || n, 'p' || n, 'k', '', 'paid', 'CNY', 1000, 0, 0, 0, 1000, 1000, $2, $2, $2, 'sold'
        FROM generate_series(1, $1::integer) AS n RETURNING id
    )
    INSERT INTO order_lines (id, order_id, position, product, batch, title, unit, qty, unit_price_minor, amount_minor,
        discount_minor, paid_minor, unit_shares_minor)
    SELECT id || '-0', id, 0, 'honey', 'b-1', 'Honey', 'jar', 1, 1000, 1000, 0, 1000, '{1000}' FROM made"""


async def breach(served: Served) -> None:
    told = ColdChainBreach(
        breach="breach-1", shipment="van-1", device=None, product="honey", batches=("b-1",), cause="above", started_ms=NOW_MS,
        at_ms=NOW_MS, told_ms=NOW_MS, celsius=11.5, limit=8.0, minutes=5.0, is_late=False, offer=Offer(kind="refund"),
    )  # fmt: skip
    async with served.application.database.transaction() as tx:
        await emit(tx, told, key="van-1")


async def given(served: Served) -> int:
    return int(await served.database.fetchval("SELECT count(*) FROM breach_orders WHERE given = 'case'"))


async def test_each_of_two_thousand_buyers_is_told_and_offered_once_though_the_process_of_jobs_is_killed(
    settings: Settings, processes: Processes
) -> None:
    async with serving(settings.core.database_url) as served:
        await served.database.execute(BOUGHT, ORDERS, NOW_MS)
        await breach(served)
        killed = processes.start("jobs-process", job_poll_s=0.2)

        async def are_all_told() -> bool:
            return bool(await served.database.fetchval("SELECT count(*) FROM directs") == ORDERS)

        await eventually(are_all_told, within_s=START_PATIENCE_S)
        for _ in range(round(PATIENCE_S / 0.02)):
            if await given(served) >= FEW:
                break
            await asyncio.sleep(0.02)
        killed.tell(signal.SIGKILL)
        await killed.ended()
        assert FEW <= await given(served) < ORDERS
        # Nobody has heard of it for a while, which is how another finds out.
        await served.database.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
        processes.start("jobs-process", job_poll_s=0.2)

        async def have_all_theirs() -> bool:
            return await given(served) == ORDERS

        await eventually(have_all_theirs, within_s=2 * PATIENCE_S)
        rows = await served.database.fetch(
            "SELECT (SELECT count(*) FROM cases) AS cases, (SELECT count(DISTINCT order_id) FROM cases) AS orders,"
            " (SELECT count(*) FROM directs) AS told, (SELECT count(DISTINCT user_id) FROM directs) AS people,"
            " (SELECT count(*) FROM breach_orders WHERE is_open) AS open,"
            " (SELECT count(DISTINCT case_id) FROM breach_orders) AS known,"
            " (SELECT count(*) FROM log_entries) AS entries"
        )
        assert dict(rows[0]) == {
            "cases": ORDERS, "orders": ORDERS, "told": ORDERS, "people": ORDERS, "open": 0, "known": ORDERS,
            "entries": 2 * ORDERS,
        }  # fmt: skip
