"""`python -m loadtest sale`: buyers who all tap as a sale opens, or, with `--pay`, who order and pay. Prints a table, writes
JSON, fails if an invariant breaks.
"""

import argparse
import asyncio
import datetime
import os
import sys
from pathlib import Path

import msgspec
import uvloop

from loadtest.command import commit, machine
from loadtest.crowds import CrowdLost
from loadtest.sale.idle import Idle, idle
from loadtest.sale.paid_results import PaidPlan, PaidReport, paid_table
from loadtest.sale.pay_rounds import PayRounds
from loadtest.sale.results import Plan, Report, table
from loadtest.sale.rounds import Rounds
from loadtest.sale.shop import Refused
from loadtest.server import ServerLost, own_server

# A crowd of one machine is what the limits below are there against.
OPEN_HANDED = {
    "LIVEHUB_SESSIONS_PER_S_MAX": "100000",
    "LIVEHUB_SESSIONS_BURST_MAX": "100000",
    "LIVEHUB_HTTP_REQUESTS_PER_S_MAX": "100000",
    "LIVEHUB_HTTP_REQUESTS_BURST_MAX": "100000",
}
AT_ONCE = {"LIVEHUB_SANDBOX_PAYS_AT_ONCE": "true"}
PAYING_BUYERS = 200
CHATS_PER_S = 20.0
VIEWERS = 1_000
TAPS = 500


def _arguments(arguments: list[str]) -> argparse.Namespace:
    plan = Plan()
    parser = argparse.ArgumentParser(
        prog="python -m loadtest sale",
        description="A flash sale on a demo that is started for it, and what must be true.",
    )
    parser.add_argument(
        "--buyers", type=int, help=f"who tap at once ({plan.buyers}), or who pay one after the other ({PAYING_BUYERS})"
    )
    parser.add_argument("--units", type=int, default=plan.units, help="%(default)s")
    parser.add_argument("--qty", type=int, default=plan.qty, help="units that each wants (%(default)s)")
    parser.add_argument("--within", type=float, default=plan.within_s, help="seconds in which all tap (%(default)s)")
    parser.add_argument("--twice", type=float, default=plan.twice, help="share that taps twice at once (%(default)s)")
    parser.add_argument(
        "--again", type=float, default=plan.again, help="share that asks again after the answer (%(default)s)"
    )
    parser.add_argument("--chat", action="store_true", help="others look on and chat; their latency, before and during")
    parser.add_argument("--viewers", type=int, default=VIEWERS, help="who look on with --chat (%(default)s)")
    parser.add_argument("--rounds", type=int, default=plan.rounds, help="sales, one after the other (%(default)s)")
    parser.add_argument("--workers", type=int, default=plan.workers, help="hub processes of the demo (%(default)s)")
    parser.add_argument("--processes", type=int, default=plan.processes, help="of the buyers (%(default)s)")
    parser.add_argument("--port", type=int, default=8990, help="of the demo that is started (%(default)s)")
    parser.add_argument("--seed", type=int, default=plan.seed, help="who taps when, and who twice (%(default)s)")
    parser.add_argument(
        "--idle", type=int, nargs="?", const=TAPS, help=f"instead: so many taps, one at a time ({TAPS})"
    )
    paid = PaidPlan()
    pay = parser.add_argument_group("buyers who pay")
    pay.add_argument("--pay", action="store_true", help="instead: buyers tap, order and pay, on and on")
    pay.add_argument(
        "--orders-per-s",
        type=float,
        default=0.0,
        help="on a schedule that waits for nobody; 0: as many as go (%(default)s)",
    )
    pay.add_argument("--in-flight", type=int, default=paid.in_flight, help="at a time, if as many as go (%(default)s)")
    pay.add_argument("--seconds", type=float, default=paid.seconds, help="that count, after the warm-up (%(default)s)")
    pay.add_argument("--warm", type=float, default=paid.warm_s, help="seconds before, not counted (%(default)s)")
    pay.add_argument("--at-once", action="store_true", help="the provider takes the money as the payment is opened")
    pay.add_argument("--quotes", type=int, default=paid.quotes, help="one at a time, before; 0: none (%(default)s)")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args(arguments)
    if options.buyers is None:
        options.buyers = PAYING_BUYERS if options.pay else plan.buyers
    if options.pay and (
        options.seconds <= 0 or min(options.in_flight, options.quotes + 1) < 1 or options.orders_per_s < 0
    ):
        parser.error("some seconds, and at least one buyer at a time")
    if min(options.buyers, options.units, options.qty, options.rounds, options.workers, options.processes) < 1:
        parser.error("at least one of each is needed")
    return options


def plan_of(options: argparse.Namespace) -> Plan:
    """The plan that the command line asks for."""
    return Plan(
        workers=options.workers,
        buyers=options.buyers,
        units=options.units,
        qty=options.qty,
        per_person_max=options.qty,
        within_s=options.within,
        twice=options.twice,
        again=options.again,
        viewers=options.viewers if options.chat else 0,
        chats_per_s=CHATS_PER_S if options.chat else 0.0,
        rounds=options.rounds,
        processes=min(options.processes, options.buyers),
        seed=options.seed,
    )


def paid_plan_of(options: argparse.Namespace) -> PaidPlan:
    """The same for buyers who pay."""
    return PaidPlan(
        workers=options.workers,
        buyers=options.buyers,
        orders_per_s=options.orders_per_s,
        in_flight=min(options.in_flight, options.buyers),
        seconds=options.seconds,
        warm_s=options.warm,
        at_once=options.at_once,
        quotes=options.quotes,
        rounds=options.rounds,
    )


def _tell(text: str) -> None:
    sys.stderr.write(f"loadtest: {text}\n")


async def _pay(options: argparse.Namespace) -> PaidReport:
    plan, load = paid_plan_of(options), os.getloadavg()[0]
    settings = OPEN_HANDED | (AT_ONCE if plan.at_once else {})
    async with own_server(options.port, plan.workers, settings=settings) as server:
        quotes, rounds = await PayRounds(server, plan, _tell).run()
    made = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return PaidReport(
        made=made, machine=machine(), commit=commit(), load=round(load, 1), plan=plan, quotes=quotes, rounds=rounds
    )


async def _play(options: argparse.Namespace) -> Report | Idle | PaidReport:
    if options.pay:
        return await _pay(options)
    plan = plan_of(options)
    async with own_server(options.port, plan.workers, settings=OPEN_HANDED) as server:
        if options.idle is not None:
            return await idle(server, options.idle, _tell)
        rounds = await Rounds(server, plan, _tell).run()
    made = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return Report(made=made, machine=machine(), commit=commit(), plan=plan, rounds=rounds)


def main(arguments: list[str]) -> int:
    """Run it; 1 when an invariant is broken, 2 when it could not be run."""
    options = _arguments(arguments)
    _tell("starting the demo ...")
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            report = runner.run(_play(options))
    except (CrowdLost, ServerLost, Refused) as error:
        sys.stderr.write(f"loadtest: {error}\n")
        return 2
    if isinstance(report, Report):
        sys.stdout.write(table(report))
    elif isinstance(report, PaidReport):
        sys.stdout.write(paid_table(report))
    else:
        sys.stdout.write(
            f"{report.taps} taps, one at a time: median {report.p50_ms:.2f} ms, 99th percentile {report.p99_ms:.2f} ms, "
            f"latest {report.max_ms:.2f} ms; {report.held} holds\n"
        )
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    sys.stdout.write("sound: no invariant broken\n" if report.sound else "NOT SOUND\n")
    return 0 if report.sound else 1
