"""What paying is asked for and what came of it: the structs of the JSON report, and the table. Pure: no I/O."""

import statistics
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from loadtest.sale.purchases import Purchase
from loadtest.sale.results import percentile


class PaidPlan(Struct, frozen=True, kw_only=True):
    """What to play. `orders_per_s` 0: as many as go, `in_flight` at a time. What is begun in the first `warm_s` is not counted.
    `at_once`: the provider takes the money as the payment is opened. `quotes`: one at a time, before, of `quote_lines` lines
    by somebody with `quote_coupons` coupons.
    """

    room: str = "pay"
    workers: int = 1
    buyers: int = 200
    orders_per_s: float = 0.0
    in_flight: int = 64
    seconds: float = 15.0
    warm_s: float = 3.0
    at_once: bool = False
    quotes: int = 300
    quote_lines: int = 20
    quote_coupons: int = 10
    rounds: int = 1


class PaidFigures(Struct, frozen=True, kw_only=True):
    """One round in numbers; PAID_MEANINGS says what each is."""

    created: int
    paid: int
    created_per_s: float
    paid_per_s: float
    failed: int
    retried: int
    looked: int
    behind: int
    hold_p50_ms: float
    hold_p99_ms: float
    order_p50_ms: float
    order_p99_ms: float
    open_p50_ms: float
    open_p99_ms: float
    pay_p50_ms: float
    pay_p99_ms: float
    press_p50_ms: float
    press_p99_ms: float
    server_cpu_ms: float
    postgresql_cpu_ms: float
    buyers_cpu_ms: float


PAID_MEANINGS = {
    "created": "orders that buyers were told of, all in all",
    "paid": "orders whose buyers were told that they are paid, all in all",
    "created_per_s": "orders made a second, after the warm-up",
    "paid_per_s": "orders paid a second, after the warm-up",
    "failed": "purchases that came to nothing",
    "retried": "answers that asked to come again",
    "looked": "times a page had to ask whether it is paid, since no message came",
    "behind": "purchases for which no buyer was free at their moment; more than a few: more buyers are needed",
    "hold_p50_ms": "tap to hold, median, ms",
    "hold_p99_ms": "the same, 99th percentile",
    "order_p50_ms": "POST /api/orders to its answer, median, ms",
    "order_p99_ms": "the same, 99th percentile",
    "open_p50_ms": "POST /api/orders/{id}/payments to its answer, median, ms",
    "open_p99_ms": "the same, 99th percentile",
    "pay_p50_ms": "tap on `pay` (that call begins) to the page that says paid, median, ms",
    "pay_p99_ms": "the same, 99th percentile",
    "press_p50_ms": "the provider's button, or with --at-once its answer, to the page that says paid, median, ms",
    "press_p99_ms": "the same, 99th percentile",
    "server_cpu_ms": "processor time of the server's Python processes for each order paid, ms",
    "postgresql_cpu_ms": "the same of PostgreSQL",
    "buyers_cpu_ms": "the same of the buyers, on the same machine",
}


class Quotes(Struct, frozen=True, kw_only=True):
    """Quotes, one at a time: of how many lines, by somebody with how many coupons; ms."""

    count: int
    lines: int
    coupons: int
    p50_ms: float
    p99_ms: float
    max_ms: float


class PaidRound(Struct, frozen=True, kw_only=True):
    """One round: failures by step and reason, and the invariants with what broke them."""

    figures: PaidFigures
    failures: dict[str, int]
    invariants: dict[str, bool]
    broken: dict[str, list[str]]


class PaidReport(Struct, frozen=True, kw_only=True):
    """All that one command played, and on what. `made`: ISO 8601, UTC; `load`: of the machine as it began, 1 min."""

    made: str
    machine: str
    commit: str
    load: float
    plan: PaidPlan
    quotes: Quotes | None
    rounds: list[PaidRound]

    @property
    def sound(self) -> bool:
        """No invariant was broken, in any round."""
        return all(all(one.invariants.values()) for one in self.rounds)


def quotes_of(waits_ms: Sequence[float], *, lines: int, coupons: int) -> Quotes:
    """The figures of quotes."""
    return Quotes(
        count=len(waits_ms),
        lines=lines,
        coupons=coupons,
        p50_ms=round(percentile(waits_ms, 50), 2),
        p99_ms=round(percentile(waits_ms, 99), 2),
        max_ms=round(max(waits_ms, default=0.0), 2),
    )


def failures(purchases: Sequence[Purchase]) -> dict[str, int]:
    """How many failed how, most of them first."""
    return dict(Counter(each.failed for each in purchases if each.failed).most_common())


def paid_figures(
    purchases: Sequence[Purchase],
    plan: PaidPlan,
    *,
    behind: int = 0,
    server_cpu_s: float = 0.0,
    postgresql_cpu_s: float = 0.0,
    buyers_cpu_s: float = 0.0,
) -> PaidFigures:
    """The numbers of one round. Rates are of the time in which buyers begin, less the warm-up; processor time is of it all."""
    until_s = plan.warm_s + plan.seconds
    counted = [each for each in purchases if each.at_s >= plan.warm_s]
    ordered_s = [each.at_s + (each.hold_ms + each.order_ms) / 1000 for each in purchases if each.order]
    paid = [each for each in purchases if each.paid_s >= 0]
    steps = {}
    for step in ("hold", "order", "open", "pay", "press"):
        waits_ms = [wait_ms for each in counted if (wait_ms := getattr(each, f"{step}_ms")) >= 0]
        steps[f"{step}_p50_ms"] = round(percentile(waits_ms, 50), 1)
        steps[f"{step}_p99_ms"] = round(percentile(waits_ms, 99), 1)
    each_ms = 1000 / max(len(paid), 1)
    return PaidFigures(
        created=len(ordered_s),
        paid=len(paid),
        created_per_s=round(sum(plan.warm_s <= at_s < until_s for at_s in ordered_s) / plan.seconds, 1),
        paid_per_s=round(sum(plan.warm_s <= each.paid_s < until_s for each in paid) / plan.seconds, 1),
        failed=sum(bool(each.failed) for each in purchases),
        retried=sum(each.retried for each in purchases),
        looked=sum(each.looked for each in purchases),
        behind=behind,
        server_cpu_ms=round(server_cpu_s * each_ms, 2),
        postgresql_cpu_ms=round(postgresql_cpu_s * each_ms, 2),
        buyers_cpu_ms=round(buyers_cpu_s * each_ms, 2),
        **steps,
    )


def paid_table(report: PaidReport) -> str:
    """For the terminal: the median of each figure over the rounds, failures, and what was broken."""
    plan, quotes = report.plan, report.quotes
    pace = f"{plan.orders_per_s:g} orders a second" if plan.orders_per_s else f"{plan.in_flight} buyers at a time"
    lines = [f"{pace} for {plan.seconds:g} s, {plan.workers} workers; {report.machine}, load {report.load:.1f}"]
    for name, meaning in PAID_MEANINGS.items():
        values = [getattr(one.figures, name) for one in report.rounds]
        median = statistics.median(values)
        spread = f"({min(values):,g} - {max(values):,g})" if len(values) > 1 else ""
        lines.append(f"{name:<20} {median:>12,.{0 if median >= 1000 else 2}f} {spread:<22} {meaning}".rstrip())
    if quotes is not None:
        lines.append(
            f"{quotes.count} quotes of {quotes.lines} lines with {quotes.coupons} coupons in the wallet, one at a time: median "
            f"{quotes.p50_ms:.2f} ms, 99th percentile {quotes.p99_ms:.2f} ms, latest {quotes.max_ms:.2f} ms"
        )
    for number, one in enumerate(report.rounds, 1):
        lines += [f"round {number}: failed {reason}: {times:,}" for reason, times in one.failures.items()]
        lines += [
            f"round {number}: BROKEN {name}: {complaint}"
            for name, complaints in one.broken.items()
            for complaint in complaints
        ]
    return "\n".join(lines) + "\n"
