"""The socket's events of sales: what is checked before the stock engine is asked, and its answer in our words.

    signed in > shape > sale known > in its room > not banned > one tap in flight > ladder > engine

Whoever is refused before the engine costs it nothing, and nothing has changed. The engine's answer is durable.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial

import msgspec
from msgspec import UNSET, Struct

from commerce.flashsale import requests as engine
from commerce.flashsale.client import StockClient
from commerce.flashsale.codes import LIMIT, NO_HOLD, NOT_OPEN, OVER, RELEASED, SOLD_OUT
from commerce.flashsale.journal import live_hold_of
from commerce.sales import ladder
from commerce.sales import socket_events as events
from commerce.sales.answers import STATES, expected, held_as, hold_of, refusal
from commerce.sales.errors import HoldNotFound, HoldOver, MoreNeeded, NotInRoom, SaleClosed
from commerce.sales.in_flight import RETRY_AFTER_MS, TapsInFlight
from commerce.sales.lines import left_of, lines_of, quota, stock, units_of
from commerce.sales.room_messages import SALES
from commerce.sales.sale_index import SaleIndex, SalePlace
from commerce.sales.settings import SalesConfig
from commerce.sales.store import Q
from livehub.base.auth import Permission, require
from livehub.base.clock import Clock
from livehub.base.db import Database
from livehub.base.errors import LivehubError, Unavailable
from livehub.base.tasks import Tasks
from livehub.hub.chat.room_messages import check_not_banned
from livehub.hub.rooms.registry import RoomRegistry
from livehub.hub.sockets.connection import Connection
from livehub.hub.sockets.router import Handler
from livehub.room.errors import NotJoined
from livehub.room.wire import Done

REPORT_S = 1.0
KEY_BYTES = 12
RELEASE_COST = 3.0  # of a socket's allowance (SocketEvent.cost): one that is over is looked up in PostgreSQL

Places = Mapping[str, SalePlace]


class Taps:
    def __init__(
        self,
        config: SalesConfig,
        database: Database,
        clock: Clock,
        *,
        rooms: RoomRegistry,
        index: SaleIndex,
        client: StockClient,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._database = database
        self._clock = clock
        self._rooms = rooms
        self._index = index
        self._client = client
        self._monotonic_s = monotonic_s
        self._pressure = ladder.Pressure(config.sale_pressure_taps_per_s, sales_max=config.sales_known_max)
        self._in_flight: TapsInFlight[Struct] = TapsInFlight(config.taps_in_flight_max)
        self._refused: dict[
            str, dict[str, int]
        ] = {}  # before the engine was asked, by sale and name, since the last report
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.start("sale reports", self._report_forever)

    async def stop(self) -> None:
        await self._tasks.stop()

    def handlers(self) -> dict[str, Handler]:
        return {
            "reserve": self.reserve,
            "release": self.release,
            "wait": self.wait,
            "unwait": self.unwait,
            "ticket": self.ticket,
        }

    # --- events ---

    def reserve(self, connection: Connection, body: events.Reserve) -> Awaitable[Struct]:
        """Hold units; the same key again is the same tap."""
        require(connection.identity, Permission.BUY)
        lines = lines_of(body)
        return self._placed([line.sale for line in lines], partial(self._reserve, connection, body, lines))

    def _reserve(
        self, connection: Connection, body: events.Reserve, lines: Sequence[events.SaleQty], places: Places
    ) -> Awaitable[Struct]:
        try:
            return self._tapped(connection, body, lines, places)
        except LivehubError as refused:
            self._count(places, refused.name)
            raise

    def _count(self, sales: Iterable[str], name: str) -> None:
        for sale in sales:
            counts = self._refused.setdefault(sale, {})
            counts[name] = counts.get(name, 0) + 1

    async def _report_forever(self) -> None:
        """Tell the engine, which has the figures of all processes."""
        while True:
            await asyncio.sleep(REPORT_S)
            refused, self._refused = self._refused, {}
            for sale, counts in refused.items():
                with contextlib.suppress(Unavailable):
                    await self._client.ask(engine.Report(quota(sale), counts))

    def _tapped(
        self, connection: Connection, body: events.Reserve, lines: Sequence[events.SaleQty], places: Places
    ) -> Awaitable[Struct]:
        person = self._buyer(connection, places)
        takes = {sale: place.takes for sale, place in places.items()}
        request = engine.Reserve(person, body.key, units_of(lines, takes), self._config.hold_ttl_s * 1000)
        flying = self._in_flight.same(person, places, request)
        if flying is None:
            self._check_ladder(person, body, places)
            flying = self._ask(request, places)
        return flying

    def wait(self, connection: Connection, body: events.Wait) -> Awaitable[Struct]:
        """Stand in line for what is sold out."""
        require(connection.identity, Permission.BUY)
        return self._placed([body.sale], partial(self._wait, connection, body))

    def _wait(self, connection: Connection, body: events.Wait, places: Places) -> Awaitable[Struct]:
        person = self._buyer(connection, places)
        line = events.SaleQty(sale=body.sale, qty=body.qty)
        lines = units_of([line], {body.sale: places[body.sale].takes})
        key = secrets.token_hex(KEY_BYTES) if body.key is UNSET else body.key
        look = False
        try:
            self._check_ladder(person, body, places)
        except MoreNeeded:
            look = True  # who stands in line already may ask where
        request = engine.Wait(person, key, lines, self._config.waitlist_hold_ttl_s * 1000, look=look)
        flying = self._in_flight.same(person, places, request)
        if flying is not None:
            return flying
        return self._ask(request, places)

    def release(self, connection: Connection, body: events.Release) -> Awaitable[Done]:
        """Give a hold of one's own back."""
        require(connection.identity, Permission.BUY)
        connection.charge(RELEASE_COST, self._monotonic_s())
        return self._release(connection.person.id, body.hold)

    async def _release(self, person: str, hold: str) -> Done:
        answer = await self._client.ask(engine.Release(hold, person))
        if isinstance(answer, engine.Refused) and answer.code in (OVER, NO_HOLD):
            await self._check_released(person, hold)
        else:
            expected(answer, engine.Done)
        return Done()

    async def _check_released(self, person: str, hold: str) -> None:
        """The engine forgets what is over; PostgreSQL does not. Raises HoldNotFound, HoldOver."""
        async with self._database.connection() as connection:
            state = await connection.fetchval(Q["hold_state"], hold, person)
        if state is None:
            raise HoldNotFound
        if state != RELEASED:
            raise HoldOver(details={"state": STATES[state]})

    def unwait(self, connection: Connection, body: events.Unwait) -> Awaitable[Done]:
        """Leave the line; who does not stand in it has left."""
        require(connection.identity, Permission.BUY)
        return self._unwait(connection.person.id, body.sale)

    async def _unwait(self, person: str, sale: str) -> Done:
        await self._index.find([sale])
        expected(await self._client.ask(engine.Unwait(person, quota(sale))), engine.Done)
        return Done()

    def ticket(self, connection: Connection, body: events.Ticket) -> Awaitable[Struct]:
        """A ticket for taps under pressure."""
        require(connection.identity, Permission.BUY)
        return self._ticket(connection, body.sale)

    async def _ticket(self, connection: Connection, sale: str) -> events.TicketGiven:
        person = self._buyer(connection, await self._index.find([sale]))
        ends_ms, zero_bits = self._real_ms() + ladder.TICKET_MS, self._config.sale_proof_bits
        ticket = ladder.new_ticket(self._config.secret, person, sale, ends_ms=ends_ms, zero_bits=zero_bits)
        return events.TicketGiven(ticket=ticket, zero_bits=zero_bits, ends_ts=ends_ms)

    # --- checks ---

    def _placed(self, sales: Sequence[str], act: Callable[[Places], Awaitable[Struct]]) -> Awaitable[Struct]:
        """What `act` gives for the places of the sales: at once, without a task, when they are known. Raises what it raises."""
        places = self._index.known(sales)
        return act(places) if places is not None else self._looked_up(sales, act)

    async def _looked_up(self, sales: Sequence[str], act: Callable[[Places], Awaitable[Struct]]) -> Struct:
        return await act(await self._index.find(sales))

    def _buyer(self, connection: Connection, places: Places) -> str:
        """Who taps. Raises NotInRoom, Banned."""
        person, now_ms = connection.person.id, int(self._clock.now_s() * 1000)
        for room in {place.room for place in places.values()}:
            try:
                live = self._rooms.joined(connection, room)
            except NotJoined as error:
                raise NotInRoom from error
            check_not_banned(live.state, person, now_ms=now_ms)
        return person

    def _check_ladder(self, person: str, body: events.Reserve | events.Wait, places: Places) -> None:
        """Raises MoreNeeded for the first sale that is under pressure, unless there is a ticket of it, and its proof."""
        now_s = self._monotonic_s()
        pressed = [sale for sale in places if self._pressure.tapped(sale, now_s)]
        if not pressed:
            return
        ticket = "" if body.ticket is UNSET else body.ticket
        proof = "" if body.proof is UNSET else body.proof
        if not ladder.is_good(
            self._config.secret, person, pressed[0], ticket=ticket, proof=proof, now_ms=self._real_ms()
        ):
            raise MoreNeeded(details={"asks": ["ticket", "proof"], "sale": pressed[0]})

    def _real_ms(self) -> int:
        return int(self._clock.real_s() * 1000)

    # --- the engine ---

    def _ask(self, request: engine.Reserve | engine.Wait, places: Places) -> "asyncio.Future[Struct]":
        """The answer in our words, once it is there. Raises Unavailable. It is called back, because a task for each of ten
        thousand taps costs more than all else here.
        """
        self._in_flight.check_room()
        asked = self._client.ask(request)
        answer: asyncio.Future[Struct] = asyncio.get_running_loop().create_future()
        self._in_flight.begin(request.person, places, request, answer)
        asked.add_done_callback(partial(self._answered, request, places, answer))
        return answer

    def _answered(
        self,
        request: engine.Reserve | engine.Wait,
        places: Places,
        answer: "asyncio.Future[Struct]",
        asked: "asyncio.Future[engine.Answer]",
    ) -> None:
        if answer.done():
            return
        if not asked.cancelled() and asked.exception() is None:
            refused = asked.result()
            if isinstance(refused, engine.Refused) and refused.has and refused.code in (SOLD_OUT, LIMIT):
                self._tasks.once("own hold", self._refuse_with_own(refused, request.person, places, answer))
                return
        try:
            answer.set_result(self._told(request, asked.result(), places))
        except asyncio.CancelledError:
            answer.set_exception(Unavailable(retry_after_ms=RETRY_AFTER_MS))
        except Exception as error:  # noqa: BLE001  # the router tells a refusal from a defect
            answer.set_exception(error)

    async def _refuse_with_own(
        self, refused: engine.Refused, person: str, places: Places, answer: "asyncio.Future[Struct]"
    ) -> None:
        """Nobody is to be blocked by a hold of their own: the refusal says which it is."""
        refusal_ = self._refusal(refused, places)
        with contextlib.suppress(Unavailable):
            async with self._database.connection() as connection:
                own = await live_hold_of(connection, person, refused.resource)
            if own is not None:
                refusal_.details = {**refusal_.details, "hold": msgspec.to_builtins(held_as(own))}
        if not answer.done():
            answer.set_exception(refusal_)

    def _told(self, request: engine.Reserve | engine.Wait, answer: engine.Answer, places: Places) -> Struct:
        if isinstance(answer, engine.Refused):
            raise self._refusal(answer, places)
        if isinstance(answer, engine.Waiting):
            return events.Waiting(place=answer.place)
        hold = hold_of(expected(answer, engine.Held))
        return events.Reserved(hold=hold) if isinstance(request, engine.Reserve) else events.Waiting(hold=hold)

    def _refusal(self, refused: engine.Refused, places: Places) -> LivehubError:
        """With what is known of the sale of that line: of which the engine was asked for quota and stock."""
        sale = next((s for s, p in places.items() if refused.resource in (quota(s), *map(stock, dict(p.takes)))), None)
        if refused.code == engine.Refused.NOT_IN_LINE:
            return MoreNeeded(details={"asks": ["ticket", "proof"], "sale": sale})
        if refused.code == engine.Refused.UNKNOWN_RESOURCE:
            return SaleClosed()  # it is so long over that the engine has forgotten it
        if sale is None or refused.code not in (SOLD_OUT, NOT_OPEN):
            return refusal(refused)
        if refused.code == NOT_OPEN:
            return refusal(refused, opens_ts=self._opens_ts(sale, places[sale].room))
        each = {stock(product): each for product, each in places[sale].takes}
        left = left_of(self._client.units(quota(sale)), [(self._client.units(of), qty) for of, qty in each.items()])
        enough_for = refused.left // each.get(refused.resource, 1)
        return refusal(msgspec.structs.replace(refused, left=enough_for), left=left)

    def _opens_ts(self, sale: str, room: str) -> int | None:
        """When a sale opens that has not yet, if it is known."""
        live = self._rooms.get(room)
        cards = live.state[SALES].sales if live is not None else ()
        opens_ts = next((card.opens_ts for card in cards if card.id == sale), None)
        return opens_ts if opens_ts is not None and opens_ts > self._clock.now_s() * 1000 else None
