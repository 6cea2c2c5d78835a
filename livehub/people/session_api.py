"""HTTP: tokens for whoever asks, as a guest, out of a session, or by name; and the end of sessions.

A guest is told by a cookie, too, that is signed and stored nowhere: fifty thousand who arrive at once ask PostgreSQL nothing.
"""

import secrets
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from livehub.base import errors
from livehub.base.addresses import client_network
from livehub.base.auth import Identity, Permission, Role, Tokens, guest, is_staff
from livehub.base.clock import Clock
from livehub.base.cookies import Cookies, is_page
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.limits import RateLimiter, check_wait
from livehub.base.text import clean
from livehub.people import persons, sessions
from livehub.people.blocked.blocks import Blocks
from livehub.people.browsers import Browsers
from livehub.people.device import device
from livehub.people.ended import EndedSessions
from livehub.people.errors import PersonBlocked
from livehub.people.names import NameReserved, Names
from livehub.people.schemas import APPS, AppName, Person, Session, SessionRequest, SignOutRequest
from livehub.people.sessions import Opened
from livehub.people.settings import PeopleConfig

NAME_CHARS_MAX = 40
GUEST_COOKIE = "guest."  # begins the value of a guest's cookie; no session's secret has a dot


def as_person(identity: Identity) -> Person:
    """As it is told."""
    return Person(id=identity.id, name=identity.name, role=identity.role.value)


class SessionApi:
    def __init__(
        self,
        config: PeopleConfig,
        database: Database,
        tokens: Tokens,
        clock: Clock,
        ended: EndedSessions,
        names: Names,
        blocks: Blocks,
    ) -> None:
        self._config = config
        self._database = database
        self._tokens = tokens
        self._real_s = clock.real_s  # tokens and sessions go by real time, wherever business time is
        self._ended = ended
        self._names = names
        self._blocks = blocks
        self._browsers = Browsers(config.secret, config.guest_cookie_s)
        self._limit = RateLimiter(
            per_s_max=config.sessions_per_s_max, burst_max=config.sessions_burst_max, keys_max=config.limiter_keys_max
        )

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            post(
                "/api/session", self.open, may=Permission.WATCH, body=SessionRequest, reply=Session, writes=False,
                cookies=True, errors=(errors.SignInClosed, errors.SessionEnded, NameReserved, PersonBlocked),
            ),
            get("/api/session", self.who, reply=Person, errors=(errors.Unauthenticated,)),
            post(
                "/api/sign-out", self.sign_out, may=Permission.WATCH, body=SignOutRequest, reply=None, writes=False,
                cookies=True,
            ),
        ]  # fmt: skip

    # --- calls ---

    async def open(self, call: Call[SessionRequest]) -> Session:
        """Get a token: of a session, as a guest, or by name where this installation allows that."""
        network = client_network(call.request, trust_proxy=self._config.trust_proxy)
        check_wait(self._limit.wait_s(network, time.monotonic()))
        body, cookies = call.body, Cookies(call.request, self._config)
        if body.name is not None:
            return await self._by_name(call, body.name)
        if body.token is not None:
            return await self._by_link(call, body.token)
        if body.refresh is not None:
            return self._reply(await self._resumed(body.refresh), refresh=body.refresh)
        cookie = cookies.get(body.app)
        if cookie and not cookie.startswith(GUEST_COOKIE):
            try:
                return self._reply(await self._resumed(cookie), refresh=None)
            except errors.SessionEnded:
                cookies.drop(body.app)
                raise
        return self._of_guest(call, self._guest_in(cookie))

    async def who(self, call: Call[None]) -> Person:
        """Whom the token speaks for."""
        if call.identity is None:
            raise errors.Unauthenticated
        return as_person(call.identity)

    async def sign_out(self, call: Call[SignOutRequest]) -> None:
        """End the session of the cookie, or of the token, and take the cookie away."""
        cookies = Cookies(call.request, self._config)
        cookie = cookies.get(call.body.app)
        async with self._database.connection() as connection:
            if cookie and not cookie.startswith(GUEST_COOKIE):
                try:
                    await self._end(connection, (await self._resume(connection, cookie)).identity)
                except errors.SessionEnded:
                    pass  # all the better
            elif call.identity is not None and call.identity.session:
                await self._end(connection, call.identity)
        if cookie:  # last: a session that could not be ended can be ended again
            cookies.drop(call.body.app)

    # --- for other ways to sign in ---

    async def begin(
        self, connection: Connection, person: persons.Account, *, call: Call[Any], app: AppName, how: str
    ) -> Opened:
        """A session for somebody who has just proved who they are; in their transaction. Raises Unavailable."""
        role = sessions.role_of(Role(person.role), how, staff_by_phone=self._config.staff_by_phone)
        person = replace(person, role=role.value)
        return await sessions.begin(
            connection, person, app=app, how=how, device=device(call.request.headers.get("User-Agent", "")),
            now_ms=self._now_ms(), life_s=self.life_s(role), sessions_max=self._config.sessions_each_max,
        )  # fmt: skip

    def signed_in(self, call: Call[Any], app: AppName, opened: Opened) -> Session:
        """The answer to a sign-in, once it is committed: pages get a cookie, programs the secret."""
        if not is_page(call.request):
            return self._reply(opened.identity, refresh=opened.secret)
        life_s = max(0, (opened.ends_ts - self._now_ms()) // 1000)
        Cookies(call.request, self._config).put(app, opened.secret, max_age_s=life_s)
        return self._reply(opened.identity, refresh=None)

    def guest_of(self, call: Call[Any], app: AppName) -> Identity | None:
        """Who called until now without having proved who they are: by the token of the call, else by the cookie."""
        if call.identity is not None:
            return call.identity
        return self._guest_in(Cookies(call.request, self._config).get(app), even_ended=True)

    async def check_not_blocked(
        self, connection: Connection, call: Call[Any], person: str, *, phones: Iterable[str] = ()
    ) -> None:
        """Raise PersonBlocked if whoever signs in is, or whoever was in this browser: by the token of the call, a cookie of any
        of our pages, be its session over, or as one who proved nothing. Last of all in the transaction, when it holds the
        person's row, so that of a block at the same moment it knows, or the block of it.
        """
        cookies = Cookies(call.request, self._config)
        values = [cookies.get(app) for app in APPS]
        found = [self._guest_in(value, even_ended=True) for value in values]
        guests = [guest.id for guest in found if guest is not None]
        before = [call.identity.id] if call.identity is not None else []
        before += await sessions.people_of(connection, values)
        browser = [*before, *guests, *self._browsers.known(cookies)]
        await self._blocks.check_in(connection, people=[person, *before, *guests], phones=phones, browser=browser)

    def life_s(self, role: Role) -> int:
        """Of a session of that role."""
        return self._config.staff_session_s if is_staff(role) else self._config.session_s

    # --- kinds of sign-in that prove nothing ---

    async def _by_name(self, call: Call[SessionRequest], name: str) -> Session:
        if not self._config.sign_in_by_name:
            raise errors.SignInClosed
        kept = clean(name, NAME_CHARS_MAX)
        await self._names.check(kept)
        async with self._database.transaction() as tx:
            person = await persons.create(tx.connection, name=kept, now_ms=self._now_ms())
            opened = await self.begin(tx.connection, person, call=call, app=call.body.app, how="name")
            await self.check_not_blocked(tx.connection, call, person.id)
        if is_page(call.request):
            self._browsers.remember(Cookies(call.request, self._config), person.id)
        return self.signed_in(call, call.body.app, opened)

    async def _by_link(self, call: Call[SessionRequest], token: str) -> Session:
        if not self._config.sign_in_by_link:
            raise errors.SignInClosed("Signing in by a link is switched off here.")
        linked = self._tokens.read(token, now_s=self._real_s(), even_ended=True)  # refused below, by what it is
        if not is_staff(linked.role) or linked.session:  # nor does the token of a session make a fresh one
            raise errors.SignInClosed("Only staff sign in by a link.")
        async with self._database.transaction() as tx:
            await persons.hold_all(tx.connection, [linked.id])
            person = await persons.create(
                tx.connection, name=linked.name, now_ms=self._now_ms(), role=linked.role, id_=linked.id
            )
            if person.erased_ts is not None or person.blocked_ts is not None:
                raise errors.SignInClosed("This person signs in no more.")
            opened = await self.begin(tx.connection, person, call=call, app=call.body.app, how="link")
            await self.check_not_blocked(tx.connection, call, person.id)
        return self.signed_in(call, call.body.app, opened)

    def _guest_in(self, cookie: str, *, even_ended: bool = False) -> Identity | None:
        """The guest that a cookie names, if it is good; one who is blocked goes on as another guest, who may watch."""
        if not cookie.startswith(GUEST_COOKIE):
            return None
        try:
            found = self._tokens.read(cookie.removeprefix(GUEST_COOKIE), now_s=self._real_s(), even_ended=even_ended)
        except errors.LivehubError:
            return None
        return found if found.role is Role.GUEST else None

    def _of_guest(self, call: Call[SessionRequest], known: Identity | None) -> Session:
        identity = known or guest(ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES)))
        if is_page(call.request):
            life_s = self._config.guest_cookie_s
            value = GUEST_COOKIE + self._tokens.sign(identity, now_s=self._real_s(), ttl_s=life_s)
            cookies = Cookies(call.request, self._config)
            cookies.put(call.body.app, value, max_age_s=life_s)
            self._browsers.remember(cookies, identity.id)
        return self._reply(identity, refresh=None)

    # --- tokens and sessions ---

    async def _resumed(self, secret: str) -> Identity:
        async with self._database.connection() as connection:
            return (await self._resume(connection, secret)).identity

    async def _resume(self, connection: Connection, secret: str) -> Opened:
        return await sessions.resume(
            connection, secret, now_ms=self._now_ms(), staff_by_phone=self._config.staff_by_phone
        )

    async def _end(self, connection: Connection, identity: Identity) -> None:
        await sessions.end(connection, identity.session, person=identity.id, now_ms=self._now_ms(), why="signed_out")
        self._ended.learnt(identity.session, identity.id)

    def _reply(self, identity: Identity, *, refresh: str | None) -> Session:
        ttl_s = self._config.guest_token_ttl_s if identity.role is Role.GUEST else self._config.session_token_s
        now_s = self._real_s()
        ends_s = int(now_s) + ttl_s
        person = as_person(identity)
        return Session(
            token=self._tokens.sign(replace(identity, ends_s=0.0), now_s=now_s, ttl_s=ttl_s),
            refresh=refresh,
            expires_ts=ends_s * 1000,
            expires_at=datetime.fromtimestamp(ends_s, UTC),
            person=person,
            user=person,
        )

    def _now_ms(self) -> int:
        return int(self._real_s() * 1000)
