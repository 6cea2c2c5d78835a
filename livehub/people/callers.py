"""Who calls, and the answer to whoever signs in: a token, and of pages the cookie. What all ways to sign in share."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from livehub.base import errors
from livehub.base.auth import Identity, Role, Tokens, is_staff
from livehub.base.clock import Clock
from livehub.base.cookies import Cookies, is_page
from livehub.base.db import Connection
from livehub.base.endpoints import Call
from livehub.people import persons, sessions
from livehub.people.blocked.blocks import Blocks
from livehub.people.browsers import Browsers
from livehub.people.device import device
from livehub.people.schemas import APPS, AppName, Person, Session
from livehub.people.sessions import Opened
from livehub.people.settings import PeopleConfig

NAME_CHARS_MAX = 40
GUEST_COOKIE = "guest."  # begins the value of a guest's cookie; no session's secret has a dot


def as_person(identity: Identity) -> Person:
    """As it is told."""
    return Person(id=identity.id, name=identity.name, role=identity.role.value)


class Callers:
    """`browsers`: who was in a browser."""

    def __init__(self, config: PeopleConfig, tokens: Tokens, clock: Clock, blocks: Blocks) -> None:
        self._config = config
        self._tokens = tokens
        self._real_s = clock.real_s  # tokens and sessions go by real time, wherever business time is
        self._blocks = blocks
        self.browsers = Browsers(config.secret, config.guest_cookie_s)

    async def begin(
        self,
        connection: Connection,
        person: persons.Account,
        *,
        call: Call[Any],
        app: AppName,
        how: str,
        signed_in_ms: int | None = None,
    ) -> Opened:
        """A session for somebody who has proved who they are, at `signed_in_ms` or just now; in their transaction. Raises
        Unavailable."""
        role = sessions.role_of(Role(person.role), how, staff_by_phone=self._config.staff_by_phone)
        person = replace(person, role=role.value)
        return await sessions.begin(
            connection, person, app=app, how=how, device=device(call.request.headers.get("User-Agent", "")),
            now_ms=self.now_ms(), life_s=self.life_s(role), sessions_max=self._config.sessions_each_max,
            signed_in_ms=signed_in_ms,
        )  # fmt: skip

    def signed_in(self, call: Call[Any], app: AppName, opened: Opened) -> Session:
        """The answer to a sign-in, once it is committed: pages get a cookie, programs the secret."""
        if not is_page(call.request):
            return self.reply(opened.identity, refresh=opened.secret)
        life_s = max(0, (opened.ends_ts - self.now_ms()) // 1000)
        Cookies(call.request, self._config).put(app, opened.secret, max_age_s=life_s)
        return self.reply(opened.identity, refresh=None)

    async def before(self, connection: Connection, call: Call[Any], app: AppName) -> list[Identity]:
        """Who called until now: by the token of the call, and by the cookie, which may say somebody else; the token's first.
        Raises Unavailable.
        """
        cookie = Cookies(call.request, self._config).get(app)
        found = [call.identity, self.guest_in(cookie, even_ended=True) or await self._signed_in(connection, cookie)]
        return list({(each.id, each.session): each for each in found if each is not None}.values())

    async def _signed_in(self, connection: Connection, cookie: str) -> Identity | None:
        try:
            by_phone = self._config.staff_by_phone
            return (await sessions.read(connection, cookie, now_ms=self.now_ms(), staff_by_phone=by_phone)).identity
        except errors.SessionEnded:
            return None

    async def check_not_blocked(
        self, connection: Connection, call: Call[Any], person: str, *, role: Role, phones: Iterable[str] = ()
    ) -> None:
        """Raise PersonBlocked if whoever signs in is, or whoever was in this browser: by the token of the call, a cookie of any
        of our pages, be its session over, or as one who proved nothing. Last of all in the transaction, when it holds the
        person's row, so that of a block at the same moment it knows, or the block of it.

        `role`: what they are. Staff are blocked as themselves or by their number alone: who blocks a guest of an admin's
        browser need not have the right to block the admin.
        """
        if is_staff(role):
            await self._blocks.check_in(connection, people=[person], phones=phones)
            return
        here = await self._here(connection, call)
        browser = [*here, *self._known(call)]
        await self._blocks.check_in(connection, people=[person, *here], phones=phones, browser=browser)

    async def were_here(self, connection: Connection, call: Call[Any]) -> list[str]:
        """Who was in the browser that calls, as far as it tells: people and guests, by their ids. Raises Unavailable."""
        return [*await self._here(connection, call), *self._known(call)]

    def _known(self, call: Call[Any]) -> list[str]:
        return self.browsers.known(Cookies(call.request, self._config))

    async def _here(self, connection: Connection, call: Call[Any]) -> list[str]:
        """By the token of the call, and by a cookie of any of our pages, be its session over."""
        cookies = Cookies(call.request, self._config)
        values = [cookies.get(app) for app in APPS]
        found = [call.identity, *(self.guest_in(value, even_ended=True) for value in values)]
        here = [each.id for each in found if each is not None]
        return [*here, *await sessions.people_of(connection, values)]

    def life_s(self, role: Role) -> int:
        """Of a session of that role."""
        return self._config.staff_session_s if is_staff(role) else self._config.session_s

    def guest_in(self, cookie: str, *, even_ended: bool = False) -> Identity | None:
        """The guest that a cookie names, if it is good; one who is blocked goes on as another guest, who may watch."""
        if not cookie.startswith(GUEST_COOKIE):
            return None
        try:
            found = self._tokens.read(cookie.removeprefix(GUEST_COOKIE), now_s=self._real_s(), even_ended=even_ended)
        except errors.LivehubError:
            return None
        return found if found.role is Role.GUEST else None

    def reply(self, identity: Identity, *, refresh: str | None) -> Session:
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

    def now_ms(self) -> int:
        """By real time."""
        return int(self._real_s() * 1000)
