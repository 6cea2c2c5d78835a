"""HTTP: tokens for whoever asks, as a guest, out of a session, or by name; and the end of sessions.

A guest is told by a cookie, too, that is signed and stored nowhere: fifty thousand who arrive at once ask PostgreSQL nothing.
"""

import secrets
import time
from collections.abc import Sequence

from livehub.base import errors
from livehub.base.addresses import client_network
from livehub.base.auth import Identity, Permission, Tokens, guest, is_staff
from livehub.base.cookies import Cookies, is_page
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.limits import RateLimiter, check_wait
from livehub.base.text import clean
from livehub.people import sessions
from livehub.people.callers import GUEST_COOKIE, NAME_CHARS_MAX, as_person
from livehub.people.ended import EndedSessions
from livehub.people.errors import PersonBlocked
from livehub.people.names import NameReserved, Names
from livehub.people.schemas import Person, Session, SessionRequest, SignOutRequest
from livehub.people.sessions import Opened
from livehub.people.settings import PeopleConfig
from livehub.people.signin.sign_in import SignIn


class SessionApi:
    def __init__(
        self,
        config: PeopleConfig,
        database: Database,
        tokens: Tokens,
        ended: EndedSessions,
        names: Names,
        sign_in: SignIn,
    ) -> None:
        self._config = config
        self._database = database
        self._tokens = tokens
        self._ended = ended
        self._names = names
        self._sign_in = sign_in
        self._callers = sign_in.callers
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
            return self._callers.reply(await self._resumed(body.refresh), refresh=body.refresh)
        cookie = cookies.get(body.app)
        if cookie and not cookie.startswith(GUEST_COOKIE):
            try:
                return self._callers.reply(await self._resumed(cookie), refresh=None)
            except errors.SessionEnded:
                cookies.drop(body.app)
                raise
        return self._of_guest(call, self._callers.guest_in(cookie))

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

    # --- kinds of sign-in that prove nothing ---

    async def _by_name(self, call: Call[SessionRequest], name: str) -> Session:
        if not self._config.sign_in_by_name:
            raise errors.SignInClosed
        kept = clean(name, NAME_CHARS_MAX)
        await self._names.check(kept)
        async with self._database.transaction() as tx:
            opened = await self._sign_in.by_name(tx, kept, call=call, app=call.body.app, now_ms=self._callers.now_ms())
        if is_page(call.request):
            self._callers.browsers.remember(Cookies(call.request, self._config), opened.identity.id)
        return self._callers.signed_in(call, call.body.app, opened)

    async def _by_link(self, call: Call[SessionRequest], token: str) -> Session:
        if not self._config.sign_in_by_link:
            raise errors.SignInClosed("Signing in by a link is switched off here.")
        now_ms = self._callers.now_ms()
        linked = self._tokens.read(token, now_s=now_ms / 1000, even_ended=True)  # refused below, by what it is
        if not is_staff(linked.role) or linked.session:  # nor does the token of a session make a fresh one
            raise errors.SignInClosed("Only staff sign in by a link.")
        async with self._database.transaction() as tx:
            opened = await self._sign_in.by_link(tx, linked, call=call, app=call.body.app, now_ms=now_ms)
        return self._callers.signed_in(call, call.body.app, opened)

    def _of_guest(self, call: Call[SessionRequest], known: Identity | None) -> Session:
        identity = known or guest(ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES)))
        if is_page(call.request):
            life_s = self._config.guest_cookie_s
            value = GUEST_COOKIE + self._tokens.sign(identity, now_s=self._callers.now_ms() / 1000, ttl_s=life_s)
            cookies = Cookies(call.request, self._config)
            cookies.put(call.body.app, value, max_age_s=life_s)
            self._callers.browsers.remember(cookies, identity.id)
        return self._callers.reply(identity, refresh=None)

    # --- tokens and sessions ---

    async def _resumed(self, secret: str) -> Identity:
        async with self._database.connection() as connection:
            return (await self._resume(connection, secret)).identity

    async def _resume(self, connection: Connection, secret: str) -> Opened:
        return await sessions.resume(
            connection, secret, now_ms=self._callers.now_ms(), staff_by_phone=self._config.staff_by_phone
        )

    async def _end(self, connection: Connection, identity: Identity) -> None:
        await sessions.end(
            connection, identity.session, person=identity.id, now_ms=self._callers.now_ms(), why="signed_out"
        )
        self._ended.learnt(identity.session, identity.id)
