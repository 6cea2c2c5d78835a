"""Staff signed in by an OpenID provider: authorization code flow with PKCE (OpenID Connect Core 1.0, section 3.1; RFC 7636).

    GET /api/sign-in/oidc/start?app=ops&to=/ops     > 302 to the provider; `again=1`: which asks also whom it knows
    GET /api/sign-in/oidc/callback                  > 303 to `to`
    POST /api/me/oidc {app, to}                     > {url} that adds the provider's account to one's own

What somebody is here says a claim by LIVEHUB_OIDC_ROLES, at each sign-in anew; who has no role is refused, and is no longer
what the provider made them before, by whichever way they sign in. How fresh a sign-in is says the provider (`auth_time`).
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from yarl import URL

from livehub.base.auth import NAME_CHARS_MAX as CLAIM_CHARS_MAX
from livehub.base.auth import Permission, Role
from livehub.base.config import ConfigError
from livehub.base.endpoints import Call, Endpoint, post
from livehub.base.errors import BadRequest, SignInClosed, SigninTooOld
from livehub.base.text import is_visible, one_line, shortened
from livehub.people.callers import NAME_CHARS_MAX
from livehub.people.errors import BadIdToken, NoRole, ProviderRefused, StaffSignInNeeded
from livehub.people.persons import Subject
from livehub.people.schemas import AddElsewhere, GoTo
from livehub.people.settings import PeopleConfig
from livehub.people.signin import id_tokens
from livehub.people.signin.elsewhere import Begun, Elsewhere, Journey, go
from livehub.people.signin.id_tokens import UnknownKey
from livehub.people.signin.oidc_provider import Provider
from livehub.people.signin.sign_in import Proved

WAY = "oidc"
START, CALLBACK = "/api/sign-in/oidc/start", "/api/sign-in/oidc/callback"
CODE_CHARS_MAX = 4_096


def roles(text: str) -> dict[str, Role]:
    """LIVEHUB_OIDC_ROLES. Raises ConfigError."""
    given: dict[str, Role] = {}
    for pair in filter(str.strip, text.split(",")):
        value, _, role = (part.strip() for part in pair.rpartition("="))
        if role not in {each.value for each in Role} - {Role.GUEST.value}:
            raise ConfigError(f"LIVEHUB_OIDC_ROLES: {role!r} is no role")
        given[value] = Role(role)
    return given


class OidcSignIn:
    def __init__(self, config: PeopleConfig, elsewhere: Elsewhere, provider: Provider) -> None:
        self._config = config
        self._elsewhere = elsewhere
        self._provider = provider
        self._roles = roles(config.oidc_roles)
        self._algorithms = config.oidc_algorithms.split(",")

    @property
    def is_on(self) -> bool:
        return bool(self._config.oidc_issuer and self._config.oidc_client_id)

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            post(
                "/api/me/oidc", self.add, may=Permission.SPEAK, body=AddElsewhere, reply=GoTo, writes=False,
                cookies=True, fresh=True, errors=(SignInClosed, SigninTooOld, StaffSignInNeeded),
            )
        ]  # fmt: skip

    def attach(self, app: web.Application) -> None:
        """Where a browser goes."""
        app.router.add_get(START, self._elsewhere.for_people(self._start))
        app.router.add_get(CALLBACK, self._elsewhere.for_people(self._callback))

    async def add(self, call: Call[AddElsewhere]) -> GoTo:
        """Where to go so that one can sign in with the provider's account from then on."""
        self._check_on()
        begun = await self._elsewhere.asked_to_add(call)
        return GoTo(url=str(await self._there(call.request, begun, again=False)))

    async def _start(self, request: web.Request) -> web.StreamResponse:
        again = request.query.get("again") == "1"
        return go(await self._there(request, self._elsewhere.asked(request), again=again))

    def _check_on(self) -> None:
        if not self.is_on:
            raise SignInClosed("No provider is set up here.")

    async def _there(self, request: web.Request, begun: Begun, *, again: bool) -> URL:
        """`max_age` has the provider ask whoever it asked longer ago, and say when it did; with `prompt=login` it asks in any
        case (OpenID Connect Core, section 3.1.2.1). Who opens the address may leave both out: what counts is `auth_time`."""
        self._check_on()
        addresses = await self._provider.addresses()
        journey = self._elsewhere.begin(request, WAY, begun)
        there = URL(addresses.authorization_endpoint).update_query(
            response_type="code",
            client_id=self._config.oidc_client_id,
            redirect_uri=self._redirect_uri(request),
            scope=self._config.oidc_scopes,
            state=journey.state,
            nonce=journey.nonce,
            code_challenge=journey.challenge,
            code_challenge_method="S256",
            max_age=self._config.fresh_sign_in_s,
        )
        return there.update_query(prompt="login") if again else there

    async def _callback(self, request: web.Request) -> web.StreamResponse:
        self._check_on()
        journey = self._elsewhere.back(request, WAY)
        # "the authorization server ... a mix-up" is told apart by its name (RFC 9207, section 2.4).
        if request.query.get("iss", self._config.oidc_issuer) != self._config.oidc_issuer:
            raise ProviderRefused
        code = request.query.get("code", "")
        if not code or "error" in request.query:
            raise ProviderRefused
        if len(code) > CODE_CHARS_MAX:
            raise BadRequest
        token = await self._provider.exchange(code, verifier=journey.verifier, redirect_uri=self._redirect_uri(request))
        return await self._elsewhere.arrive(request, journey, await self._proved(token, journey))

    async def _proved(self, token: str, journey: Journey) -> Proved:
        """Whom the token is about. Raises BadIdToken, NoRole, LastAdmin, Unavailable."""
        header = id_tokens.header(token, self._algorithms)
        try:
            key = id_tokens.key_of(header, await self._provider.keys())
        except UnknownKey:
            try:
                key = id_tokens.key_of(header, await self._provider.keys_with(header.kid))
            except UnknownKey as error:
                raise BadIdToken from error
        said = await asyncio.to_thread(id_tokens.claims, token, key, [header.alg])
        issuer, now_s = self._config.oidc_issuer, self._elsewhere.now_ms() / 1000
        subject = id_tokens.check(
            said,
            issuer=issuer,
            client_id=self._config.oidc_client_id,
            nonce=journey.nonce,
            now_s=now_s,
        )
        unsaid_s = (
            now_s if self._config.oidc_auth_time == "assumed" else 0.0
        )  # too long ago for what wants a fresh sign-in
        said_s = id_tokens.signed_in_s(said, now_s=now_s)
        signed_in_ms = int((unsaid_s if said_s is None else said_s) * 1000)
        role = id_tokens.role(said, self._config.oidc_role_claim, self._roles)
        known = Subject("oidc", f"{issuer}|{subject}")
        if role is None:
            await self._elsewhere.given_no_role(journey, known)
            raise NoRole
        return Proved(subjects=[known], name=_name(said), role=role, signed_in_ms=signed_in_ms)

    def _redirect_uri(self, request: web.Request) -> str:
        return str(self._elsewhere.base(request).with_path(CALLBACK))


def _name(said: Mapping[str, Any]) -> str | None:
    for claim in ("name", "preferred_username"):
        text = said.get(claim)
        if isinstance(text, str):
            name = shortened(one_line(text[: 4 * CLAIM_CHARS_MAX]), NAME_CHARS_MAX)
            if is_visible(name):
                return name
    return None
