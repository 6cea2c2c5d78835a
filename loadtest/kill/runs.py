"""Runs: people, faults, and a verdict. The node stays for as long as runs want the same settings.

A run: a fresh room with two sales and a coupon; all tap, order, pay, give back, wait; faults happen; then everything is healed,
whatever was asked is asked until it is answered, what is under way comes to its end, and the rows of the database, those of the
payment provider's books among them, are held against the answers.
"""

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from msgspec import Struct

from loadtest.kill.accounts import discrepancies
from loadtest.kill.bank import Bank
from loadtest.kill.books import Books, hasten, unsettled
from loadtest.kill.buyers import Buyer, Day, Pacer
from loadtest.kill.checkout import Checkout
from loadtest.kill.faults import Fault, Saboteur, drawn
from loadtest.kill.history import Violation, broken, late_holds, refusals
from loadtest.kill.node import WORKERS, Node
from loadtest.kill.operations import (
    EpochRow,
    History,
    HoldRow,
    ResourceRow,
    Sale,
    Took,
    WaitRow,
    quota,
    stock,
)
from loadtest.kill.reconcile import reconciled
from loadtest.kill.results import Run, outages
from loadtest.kill.trade import Trade, answers, ordered, returned
from loadtest.kill.wires import Room, Times, token_of
from loadtest.server import ServerLost

STATES = {1: "held", 2: "closing", 3: "confirmed", 4: "released", 5: "expired"}
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # of the product's ids, which begin with nine digits of Unix ms
SETTINGS_RUNS = 10  # runs with the same settings
LOAD_S = 5.0
LOAD_WITH_EXPIRY_S = 7.5
DRAIN_S = 40.0  # a worker waits up to 10 s for the engine, and whoever asked there asks again
FAULTS_UNTIL_S = 3.0
CALL_S = 15.0
CALL_TRIES_MAX = 40
LOOK_AGAIN_S = 0.25
SETTLE_S = 60.0  # for all that is under way to come to its end
COUPON_MINOR, CLAIM = 150, 0.5  # what the coupon takes off, and how many claim it
LOOKERS = 40  # who look at their holds when all is over


class Settings(Struct, frozen=True, kw_only=True):
    """What a node is started with. `ended_max`: holds that are over whose keys a new leader knows without looking them up."""

    hold_ttl_s: int = 600
    wait_ttl_s: int = 180
    ended_max: int = 200_000

    def environ(self) -> dict[str, str]:
        """For the processes."""
        return {
            "LIVEHUB_HOLD_TTL_S": str(self.hold_ttl_s),
            "LIVEHUB_WAITLIST_HOLD_TTL_S": str(self.wait_ttl_s),
            "LIVEHUB_STOCK_ENDED_MAX": str(self.ended_max),
        }


VARIANTS = (
    Settings(),
    Settings(hold_ttl_s=5, wait_ttl_s=5),
    Settings(ended_max=20),
    Settings(hold_ttl_s=5, wait_ttl_s=180, ended_max=0),
)


def settings_of(seed: int) -> Settings:
    """Those of the run with this seed: the same for SETTINGS_RUNS that follow each other."""
    return VARIANTS[seed // SETTINGS_RUNS % len(VARIANTS)]


class Plan(Struct, frozen=True, kw_only=True):
    """What a run's seed makes of it."""

    buyers: int
    units: tuple[int, int]
    product_units: int
    per_person_max: int
    load_s: float


def plan_of(seed: int, settings: Settings) -> Plan:
    """So that there are fewer units than people want, and sometimes fewer of the product than the two sales have together."""
    chance = random.Random(f"plan {seed}")
    buyers = chance.randint(60, 140)
    units = (chance.randint(buyers // 4, buyers), chance.randint(5, buyers // 2))
    together = sum(units)
    product_units = together if chance.random() < 0.7 else chance.randint(max(units), together)
    load_s = LOAD_WITH_EXPIRY_S if settings.hold_ttl_s <= LOAD_S else LOAD_S
    return Plan(
        buyers=buyers, units=units, product_units=product_units, per_person_max=chance.randint(1, 4), load_s=load_s
    )


class Shop:
    """The shop's side, over HTTP at the first worker; calls are made until they are answered, under one key."""

    def __init__(self, session: aiohttp.ClientSession, node: Node) -> None:
        self._session = session
        self._node = node
        self._headers = {"Authorization": f"Bearer {token_of('kill-ops', 'ops')}"}

    async def call(self, path: str, body: Any = None) -> Any:
        """The answer's body."""
        headers = {**self._headers, "Idempotency-Key": secrets.token_hex(12)}
        last = ""
        for _ in range(CALL_TRIES_MAX):
            try:
                url = self._node.url(WORKERS[0]) + path
                async with self._session.post(url, json=body, headers=headers) as answer:
                    if answer.status < 300:
                        return await answer.json()
                    last = f"{answer.status} {await answer.text()}"
                    if answer.status not in (429, 503):
                        break
            except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
                last = repr(error)
            await asyncio.sleep(LOOK_AGAIN_S)
        raise NotSetUp(f"POST {path}: {last}")


class NotSetUp(Exception):
    """A run could not be begun; the text is the last answer of the server."""


class Player:
    """Plays runs on a node, one after the other. `dump`: where histories of runs with violations are left.

    `is_node_well`: whether the node came back after the last run; else it is of no use for another.
    """

    def __init__(self, node: Node, dump: Path, tell: Callable[[str], None]) -> None:
        self._node = node
        self._dump = dump
        self._tell = tell
        self.is_node_well = True
        self._epoch = 0
        self._closed: dict[str, float] = {}  # sales of the runs before: when they were closed, Unix seconds

    async def run(self, seed: int, faults: Sequence[Fault] | None = None) -> Run:
        """One run, with these faults, or those that its seed draws. Raises NotSetUp."""
        settings = settings_of(seed)
        plan = plan_of(seed, settings)
        timeout = aiohttp.ClientTimeout(total=CALL_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            shop = Shop(session, self._node)
            name = f"run-{seed}-{secrets.token_hex(3)}"
            sales = await self._set_up(shop, name, plan)
            coupon = await self._coupon(shop, name, plan)
            room = Room(self._node, name, session)
            saboteur = Saboteur(self._node, room.times.now_s)
            if faults is None:
                faults = drawn(random.Random(f"faults {seed}"), FAULTS_UNTIL_S)
            answered_s, hung = await self._play(room, saboteur, faults, seed, plan, sales, coupon)
            under_way = await self._settle(name)
            history, trade = await self._history(room, settings, plan, sales, under_way)
            if not hung:
                await self._close(shop, sales)
        violations = [*broken(history), *discrepancies(trade)]
        if hung:
            self.is_node_well = False
            violations.append(Violation(invariant="always_answered", text=hung))
        if violations:
            self._dump.mkdir(parents=True, exist_ok=True)
            (self._dump / f"kill-{seed}.json").write_bytes(
                msgspec.json.encode({"history": history, "trade": trade, "faults": saboteur.happened})
            )
        held = {seen.id for operation in history.operations if operation.key for seen in operation.holds}
        states = [row.state for row in history.holds]
        return Run(
            seed=seed,
            buyers=plan.buyers,
            units=sum(plan.units),
            hold_ttl_s=settings.hold_ttl_s,
            seconds=round(history.read_s, 1),
            faults=sorted(saboteur.happened, key=lambda fault: fault.from_s),
            operations=len(history.operations),
            acknowledged=len(held),
            released=states.count("released"),
            expired=states.count("expired"),
            ordered=len(trade.orders),
            paid=sum(payment.state == "paid" for payment in trade.payments),
            refunded=sum(refund.state == "paid" for refund in trade.refunds),
            back=sum(refund.state == "paid" and refund.kind in ("late", "double") for refund in trade.refunds),
            waited=len({operation.person for operation in history.operations if operation.answer == "waiting"}),
            refused=refusals(history.operations) | answers(trade.calls),
            outages=outages(answered_s, saboteur.happened, plan.load_s),
            late=len(late_holds(history)),
            epochs=self._new_epochs(history),
            violations=violations,
        )

    def _new_epochs(self, history: History) -> int:
        """How many have begun to lead since the run before."""
        before, self._epoch = self._epoch, max(row.epoch for row in history.epochs)
        return sum(row.epoch > before for row in history.epochs)

    async def _close(self, shop: Shop, sales: list[Sale]) -> None:
        for sale in sales:
            await shop.call(f"/api/sales/{sale.id}/close")
            self._closed[quota(sale.id)] = time.time()

    async def _set_up(self, shop: Shop, name: str, plan: Plan) -> list[Sale]:
        async with self._node.database() as connection:
            await connection.execute(
                "INSERT INTO products (id, farm, title, price_minor, currency) VALUES ($1, 'A farm', 'Pears', 990, 'CNY')",
                name,
            )
        await shop.call("/api/rooms", {"id": name, "title": "A show"})
        await shop.call(f"/api/rooms/{name}/state", {"status": "live"})
        await shop.call(f"/api/products/{name}/stock", {"delta": plan.product_units, "reason": "kill run"})
        sales = []
        for units in plan.units:
            body = {
                "product": name, "price_minor": 990, "units": units, "per_person_max": plan.per_person_max, "coupons": True,
            }  # fmt: skip
            made = await shop.call(f"/api/rooms/{name}/sales", body)
            sale = made["sale"]["id"]
            await shop.call(f"/api/sales/{sale}/open")
            sales.append(Sale(id=sale, product=name, units=units, per_person_max=plan.per_person_max))
        return sales

    async def _coupon(self, shop: Shop, name: str, plan: Plan) -> str:
        body = {"title": "Off", "amount_minor": COUPON_MINOR, "currency": "CNY", "total": plan.buyers}
        return str((await shop.call(f"/api/rooms/{name}/coupons", body))["coupon"]["id"])

    async def _play(
        self,
        room: Room,
        saboteur: Saboteur,
        faults: Sequence[Fault],
        seed: int,
        plan: Plan,
        sales: list[Sale],
        coupon: str,
    ) -> tuple[list[list[float]], str]:
        """People and faults; when pacers were answered, and what did not come back when all was healed."""
        hung = ""
        chance = random.Random(f"people {seed}")
        bank = Bank(self._node.database)
        names = [f"{room.id}-{number}" for number in range(plan.buyers)]
        checkouts = [Checkout(room, name, random.Random(f"checkout {seed} {name}"), bank) for name in names]
        buyers = [
            Buyer(room, name, random.Random(chance.random()), _EMPTY, checkout)
            for name, checkout in zip(names, checkouts, strict=True)
        ]
        pacers = [
            Pacer(room, f"{room.id}-pacer-{number}", random.Random(chance.random()), _EMPTY, worker)
            for number, worker in enumerate(WORKERS)
        ]
        everybody: list[Buyer] = [*buyers, *pacers]
        # All have come in before the run's time begins.
        await asyncio.gather(*(one.person.come_in(worker) for one in everybody for worker in WORKERS))
        claiming = [one for one in buyers if chance.random() < CLAIM]
        await asyncio.gather(*(one.person.claim(chance.choice(WORKERS), coupon) for one in claiming))
        room.times = times = Times()
        day = Day(sales=sales, until_s=plan.load_s, gives_up_s=plan.load_s + DRAIN_S)
        for one in everybody:
            one.day = day
        for checkout in checkouts:
            checkout.gives_up_s = day.gives_up_s
        saboteur.now_s = times.now_s
        shopping = asyncio.gather(*(one.shop() for one in everybody))
        try:
            await saboteur.all(faults)
            await asyncio.sleep(max(0.0, plan.load_s - times.now_s()))
            await self._node.heal()
            await shopping
            await self._node.ready()
            await self._quiet(everybody[-1], sales)
            await asyncio.gather(*(one.person.holds(chance.choice(WORKERS)) for one in buyers[:LOOKERS]))
        except ServerLost as error:
            hung = str(error)
        finally:
            shopping.cancel()
            room.is_over = True
            for one in everybody:
                one.person.leave()
        return [pacer.answered_s for pacer in pacers], hung

    async def _quiet(self, last: Buyer, sales: list[Sale]) -> None:
        """Until all that was asked before is decided: what is asked now is answered after it, by whoever leads."""
        for sale in sales:
            await last.ask_last(sale)

    async def _settle(self, room: str) -> list[str]:
        """Wait until nothing of the room's orders is under way; what still is then."""
        until_s = time.monotonic() + SETTLE_S
        async with self._node.database() as connection:
            await hasten(connection)
            while (left := await unsettled(connection, room)) and time.monotonic() < until_s:  # noqa: ASYNC110
                await asyncio.sleep(LOOK_AGAIN_S)
        return left

    async def _history(
        self, room: Room, settings: Settings, plan: Plan, sales: list[Sale], under_way: list[str]
    ) -> tuple[History, Trade]:
        resources = [*(quota(sale.id) for sale in sales), stock(room.id)]
        async with self._node.database() as connection, connection.transaction(isolation="repeatable_read"):
            holds = await connection.fetch("SELECT * FROM stock_holds WHERE resources && $1::text[]", resources)
            units = await connection.fetch("SELECT * FROM stock_resources WHERE id = ANY($1::text[])", resources)
            waits = await connection.fetch("SELECT * FROM stock_waits WHERE resource = ANY($1::text[])", resources)
            epochs = await connection.fetch("SELECT epoch, now_ms, is_over FROM stock_epochs ORDER BY epoch")
            books = await Books(connection, room.id).read()
            read_s = room.times.now_s()
        hold_rows = [_hold_row(row, room.times) for row in holds]
        resource_rows = [
            ResourceRow(id=row["id"], units=row["units"], held=row["held"], sold=row["sold"]) for row in units
        ]
        trade = Trade(
            calls=sorted(room.calls, key=lambda call: call.start_s),
            holds=hold_rows,
            resources=resource_rows,
            units={stock(room.id): plan.product_units, **{quota(sale.id): sale.units for sale in sales}},
            unsettled=under_way,
            **books,
        )
        history = History(
            sales=sales,
            products={room.id: plan.product_units},
            hold_ttl_s=settings.hold_ttl_s,
            wait_ttl_s=settings.wait_ttl_s,
            operations=sorted(room.operations, key=lambda operation: operation.start_s),
            holds=hold_rows,
            resources=resource_rows,
            waits=[WaitRow(resource=row["resource"], person=row["person"], key=row["key"]) for row in waits],
            epochs=[EpochRow(epoch=row["epoch"], now_ms=row["now_ms"], is_over=row["is_over"]) for row in epochs],
            read_s=read_s,
            ordered=ordered(trade.calls),
            returned=returned(trade.returns),
        )
        return history, trade

    async def afterwards(self) -> list[Violation]:
        """Holds of sales that were over when they were made: something that was given up long ago was done after all."""
        async with self._node.database() as connection:
            rows = await connection.fetch(
                "SELECT id, person, key, resources FROM stock_holds WHERE resources && $1::text[]", list(self._closed)
            )
        found = []
        for row in rows:
            closed_s = min(self._closed[resource] for resource in row["resources"] if resource in self._closed)
            if _made_ms(row["id"]) / 1000 > closed_s + 1.0:
                text = f"hold {row['id']} of {row['person']} under {row['key']} was made after its sale was closed"
                found.append(Violation(invariant="nothing_from_nowhere", text=text))
        return [*found, *await reconciled(self._node)]


_EMPTY = Day(sales=[], until_s=0.0, gives_up_s=0.0)


def _made_ms(id_: str) -> int:
    number = 0
    for letter in id_[:9]:
        number = number * 32 + ALPHABET.index(letter)
    return number


def _hold_row(row: Mapping[str, Any], times: Times) -> HoldRow:
    return HoldRow(
        id=row["id"],
        person=row["person"],
        key=row["key"] or "",
        state=STATES[row["state"]],
        made_s=times.of_unix_ms(_made_ms(row["id"])),
        expires_s=times.of_unix_ms(row["expires_ms"]),
        lines=tuple(map(Took, row["resources"], row["asked"], row["has"])),
    )
