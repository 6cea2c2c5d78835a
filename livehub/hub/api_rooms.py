"""HTTP: sessions, rooms, the state of the show, what is pinned and in the bag."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from livehub.base import errors
from livehub.base.auth import Identity, Permission, Role, Tokens
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.base.http import client_address
from livehub.base.ids import CHANCE_BYTES, ordered_id, short_id
from livehub.base.limits import RateLimiter
from livehub.hub import bodies
from livehub.hub import control as controls
from livehub.hub.control import ControlLog, LockedRoom
from livehub.hub.rooms import LiveRooms
from livehub.room import decide, wire
from livehub.room.moderation import clean
from livehub.room.shown import Card, Host, RoomView, Show, Snapshot

RUN = Permission.RUN_SHOWS


class ProductCards(Protocol):
    """The port through which rooms get cards of the catalogue's products (commerce/catalogue fills it)."""

    def __call__(self, connection: Connection, product: str) -> Awaitable[Card]:
        """The card of a product. Raises ProductNotFound."""


def placed(control: wire.Control) -> bodies.Placed:
    """Where a control message stands."""
    return bodies.Placed(epoch=control.epoch, offset=control.offset)


class RoomApi:
    """See the module."""

    def __init__(
        self,
        config: Config,
        database: Database,
        tokens: Tokens,
        log: ControlLog,
        rooms: LiveRooms,
        product_card: ProductCards,
        now_s: Callable[[], float],
    ) -> None:
        self._config = config
        self._database = database
        self._tokens = tokens
        self._log = log
        self._rooms = rooms
        self._product_card = product_card
        self._now_s = now_s
        self._session_limit = RateLimiter(
            per_s_max=config.sessions_per_s_max, burst_max=config.sessions_burst_max, keys_max=config.limiter_keys_max
        )

    def endpoints(self) -> list[Endpoint]:
        """The calls."""
        not_found = (errors.RoomNotFound, errors.Unavailable)
        room = "/api/rooms/{room}"
        return [
            post(
                "/api/session", self.sign_in, may=Permission.WATCH, body=bodies.SessionRequest, reply=bodies.Session,
                writes=False, errors=(errors.SignInClosed,),
            ),
            get("/api/session", self.who, reply=bodies.Person, errors=(errors.Unauthenticated,)),
            get("/api/rooms", self.rooms, reply=bodies.RoomList, errors=(errors.Unavailable,)),
            post(
                "/api/rooms", self.create, may=RUN, body=bodies.RoomRequest, reply=bodies.RoomPage, status=201,
                errors=(errors.RoomExists,),
            ),
            get(room, self.room, reply=bodies.RoomPage, errors=not_found),
            post(
                room, self.edit, may=RUN, body=bodies.RoomEdit, reply=bodies.Placed, errors=not_found, method="PATCH"
            ),
            post(
                f"{room}/state", self.set_state, may=RUN, body=bodies.StateRequest, reply=bodies.Placed,
                errors=(*not_found, errors.ShowTransition),
            ),
            post(
                f"{room}/pins", self.pin, may=RUN, body=bodies.CardRequest, reply=bodies.CardPlaced, status=201,
                errors=(*not_found, errors.ProductNotFound, errors.CardNotFound, errors.BagFull),
            ),
            delete(f"{room}/pins", self.unpin, may=RUN, reply=bodies.Placed, errors=not_found),
            post(
                f"{room}/bag", self.put, may=RUN, body=bodies.CardRequest, reply=bodies.CardPlaced, status=201,
                errors=(*not_found, errors.ProductNotFound, errors.CardNotFound, errors.BagFull),
            ),
            delete(
                f"{room}/bag/{{card}}", self.take_out, may=RUN, reply=bodies.Placed,
                errors=(*not_found, errors.CardNotFound),
            ),
        ]  # fmt: skip

    # --- sessions ---

    async def sign_in(self, call: Call[bodies.SessionRequest]) -> bodies.Session:
        """Get a token: as a guest, or by name where this installation allows that."""
        address = client_address(call.request, trust_proxy=self._config.trust_proxy)
        wait_s = self._session_limit.wait_s(address, self._now_s())
        if wait_s:
            raise errors.TooFast(retry_after_ms=int(wait_s * 1000) + 1)
        chance = ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES))
        if call.body.name is None:
            identity = Identity(id=f"guest-{chance}", name="Guest", role=Role.GUEST)
            ttl_s = self._config.guest_token_ttl_s
        else:
            if not self._config.sign_in_by_name:
                raise errors.SignInClosed
            identity = Identity(id=f"viewer-{chance}", name=clean(call.body.name, 40), role=Role.VIEWER)
            ttl_s = self._config.token_ttl_s
        now_s = self._now_s()
        return bodies.Session(
            token=self._tokens.sign(identity, now_s=now_s, ttl_s=ttl_s),
            user=_person(identity),
            expires_at=datetime.fromtimestamp(int(now_s) + ttl_s, UTC),
        )

    async def who(self, call: Call[None]) -> bodies.Person:
        """Whom the token speaks for."""
        if call.identity is None:
            raise errors.Unauthenticated
        return _person(call.identity)

    # --- rooms ---

    async def rooms(self, _call: Call[None]) -> bodies.RoomList:
        """All rooms, live ones first."""
        async with self._database.connection() as connection:
            listed = await controls.listed_rooms(connection, self._config.lists_max)
        now_s = self._now_s()
        summaries = []
        for state, likes in listed:
            live = self._rooms.get(state.view.id)
            summaries.append(
                bodies.RoomSummary(
                    id=state.view.id,
                    title=state.view.title,
                    host=state.view.host,
                    poster=state.view.poster,
                    show=state.view.show,
                    pin=state.view.pin,
                    viewers=live.viewers.total(now_s) if live else 0,
                    likes=live.likes.total if live else likes,
                )
            )
        return bodies.RoomList(rooms=summaries)

    async def room(self, call: Call[None]) -> bodies.RoomPage:
        """A room as it is now."""
        live = await self._rooms.open(call.path["room"])
        snapshot = live.snapshot(self._now_s())
        return bodies.RoomPage(room=snapshot, epoch=live.position.epoch, offset=live.position.offset)

    async def create(self, call: Call[bodies.RoomRequest]) -> bodies.RoomPage:
        """Make a room."""
        body = call.body
        chance = secrets.token_bytes(CHANCE_BYTES)
        starts_ts = None if body.starts_at is None else int(body.starts_at.timestamp() * 1000)
        view = RoomView(
            id=body.id or f"room-{short_id(chance)}",
            title=clean(body.title, 120),
            host=body.host or _as_host(call.person),
            poster=body.poster,
            show=Show(status="scheduled", since_ts=call.now_ms, starts_ts=starts_ts),
        )
        stored = await self._log.create(call.tx, view, epoch=short_id(secrets.token_bytes(5)), by=call.person.id)
        snapshot = Snapshot(view=view, likes=0, viewers=0, chats=(), ts=call.now_ms)
        return bodies.RoomPage(room=snapshot, epoch=stored.position.epoch, offset=stored.position.offset)

    async def edit(self, call: Call[bodies.RoomEdit]) -> bodies.Placed:
        """Change a room's title, host, poster or notice."""
        room = await self._locked(call)
        body = call.body
        title = None if body.title is None else clean(body.title, 120)
        notice = body.notice if not body.notice else clean(body.notice, 200)
        data = decide.edited(room.state, title=title, host=body.host, poster=body.poster, notice=notice)
        return placed(await self._log.write(room, data, now_ms=call.now_ms))

    async def set_state(self, call: Call[bodies.StateRequest]) -> bodies.Placed:
        """Start, pause, resume or end the show."""
        room = await self._locked(call)
        data = decide.show_changed(room.state, call.body.status, now_ms=call.now_ms)
        return placed(await self._log.write(room, data, now_ms=call.now_ms))

    # --- pins and the bag ---

    async def pin(self, call: Call[bodies.CardRequest]) -> bodies.CardPlaced:
        """Show a product as the one being explained."""
        room = await self._locked(call)
        card = await self._card(room, call)
        control = await self._log.write(room, decide.pinned(room.state, card, self._log.bounds), now_ms=call.now_ms)
        return bodies.CardPlaced(card=card, epoch=control.epoch, offset=control.offset)

    async def unpin(self, call: Call[None]) -> bodies.Placed:
        """Stop showing a product."""
        room = await self._locked(call)
        return placed(await self._log.write(room, wire.Unpinned(), now_ms=call.now_ms))

    async def put(self, call: Call[bodies.CardRequest]) -> bodies.CardPlaced:
        """Put a product into the bag."""
        room = await self._locked(call)
        card = await self._card(room, call)
        control = await self._log.write(room, decide.bag_put(room.state, card, self._log.bounds), now_ms=call.now_ms)
        return bodies.CardPlaced(card=card, epoch=control.epoch, offset=control.offset)

    async def take_out(self, call: Call[None]) -> bodies.Placed:
        """Take a product out of the bag."""
        room = await self._locked(call)
        data = decide.bag_removed(room.state, call.path["card"])
        return placed(await self._log.write(room, data, now_ms=call.now_ms))

    async def _locked(self, call: Call[Any]) -> LockedRoom:
        return await self._log.locked(call.tx, call.path["room"])

    async def _card(self, room: LockedRoom, call: Call[bodies.CardRequest]) -> Card:
        body = call.body
        if sum(given is not None for given in (body.product, body.card, body.title)) != 1:
            raise errors.BadRequest("Give exactly one of `product`, `card` and `title`.")
        if body.product is not None:
            return await self._product_card(call.tx.connection, body.product)
        if body.card is not None:
            return decide.known_card(room.state, body.card)
        if body.price_minor is not None and body.currency is None:
            raise errors.BadRequest("currency: a price needs it.")
        return Card(
            id=f"card-{ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES))}",
            title=clean(body.title or "", 120),
            subtitle=None if body.subtitle is None else clean(body.subtitle, 200),
            image=body.image,
            price_minor=body.price_minor,
            list_price_minor=body.list_price_minor,
            currency=body.currency,
            unit=body.unit,
        )


def _as_host(person: Identity) -> Host:
    """The name in a token has no bounds; that of a host has (shown.Title), and a room out of bounds could not be read back."""
    return Host(name=(person.name.strip() or person.id)[:120])


def _person(identity: Identity) -> bodies.Person:
    return bodies.Person(id=identity.id, name=identity.name, role=identity.role.value)
