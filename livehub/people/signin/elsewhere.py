"""Sign-in by way of another site: there with a state, back with a code, both as plain navigations of a browser.

    GET /api/sign-in/oidc/start?app=ops&to=/ops/rooms    > 302 to the provider
    GET /api/sign-in/oidc/callback?state=...&code=...    > 303 to `to`, signed in; or with `?sign_in_refused=1172`

The state is signed by the server for the browser that began (a cookie that no script sees), for minutes, and counts once; nonce
and PKCE verifier are derived from both, so that nothing is stored until somebody has come back.
"""

import base64
import binascii
import hashlib
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web
from msgspec import Struct
from yarl import URL

from livehub.base.addresses import client_network, client_scheme
from livehub.base.auth import Role
from livehub.base.clock import Clock
from livehub.base.cookies import Cookies
from livehub.base.db import Database
from livehub.base.endpoints import Call
from livehub.base.errors import BadRequest, LivehubError
from livehub.base.limits import RateLimiter, check_wait
from livehub.people import sessions
from livehub.people.errors import SignInLost
from livehub.people.persons import Subject
from livehub.people.schemas import APPS, AddElsewhere, AppName
from livehub.people.settings import PeopleConfig
from livehub.people.signin import proofs
from livehub.people.signin.proofs import Signer
from livehub.people.signin.sign_in import Proved, SignIn

log = logging.getLogger("livehub.people.elsewhere")

WAYS = ("oidc", "wechat")
SHORT_STATES = frozenset({"wechat"})  # letters and digits, 128 at most; the rest stays with the browser
BROWSER = "browser"  # the cookie's name
BROWSER_BYTES = 32
BROWSER_CHARS_MAX = 64
PATH_CHARS_MAX = 512
PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")  # of ours: another site would begin with // or /\ (WHATWG URL)
HOME: dict[AppName, str] = {"viewer": "/", "studio": "/studio", "ops": "/ops", "field": "/field"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Begun(Struct, frozen=True, array_like=True):
    """What a state says. `person` and `session`: whose account it is to be added to, `role`: what they are in that session; ""
    to sign in."""

    app: AppName
    to: str
    person: str = ""
    session: str = ""
    role: str = Role.VIEWER.value


class Journey(Struct, frozen=True, kw_only=True):
    """One sign-in, on its way. `verifier` and `challenge`: of PKCE with S256 (RFC 7636, section 4)."""

    begun: Begun
    state: str
    ends_ts: int
    nonce: str
    verifier: str

    @property
    def challenge(self) -> str:
        return b64(hashlib.sha256(self.verifier.encode()).digest())


def b64(raw: bytes) -> str:
    """Base64url without padding (RFC 7515, appendix C)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The same back; b"" of what is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)
    except (ValueError, binascii.Error):
        return b""


def _short(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


def own_path(to: str) -> str:
    """`to` if it is a path of ours for people. Raises BadRequest."""
    if len(to) > PATH_CHARS_MAX or PATH.fullmatch(to) is None or to.startswith("/api/"):
        raise BadRequest("`to` is a path of this site.")
    return to


def go(address: str | URL) -> web.Response:
    """Send the browser to another site."""
    return web.Response(status=302, headers={"Location": str(address), "Cache-Control": "no-store"})


def _see(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})


class Elsewhere:
    """What ways by another site have in common."""

    def __init__(self, config: PeopleConfig, database: Database, clock: Clock, sign_in: SignIn) -> None:
        self._config = config
        self._database = database
        self._real_s = clock.real_s
        self._business_s = clock.now_s
        self._sign_in = sign_in
        self._signer = Signer(config.secret)
        self._limit = RateLimiter(
            per_s_max=config.sessions_per_s_max, burst_max=config.sessions_burst_max, keys_max=config.limiter_keys_max
        )

    def now_ms(self) -> int:
        """Real time."""
        return int(self._real_s() * 1000)

    def _business_ms(self) -> int:
        return int(self._business_s() * 1000)

    def base(self, request: web.Request) -> URL:
        """Where we are reached: LIVEHUB_PUBLIC_URL, else as we were asked."""
        scheme = client_scheme(request, trust_proxy=self._config.trust_proxy)
        return URL(self._config.public_url or f"{scheme}://{request.host}")

    def browser(self, request: web.Request) -> str:
        """The secret of the browser that asks; a new one if it has none. It is set with the answer."""
        cookies = Cookies(request, self._config)
        kept = cookies.get(BROWSER)
        browser = kept if 0 < len(kept) <= BROWSER_CHARS_MAX else secrets.token_urlsafe(BROWSER_BYTES)
        cookies.put(BROWSER, browser, max_age_s=2 * self._config.sign_in_elsewhere_s)
        return browser

    # --- there ---

    def asked(self, request: web.Request) -> Begun:
        """What `start` is asked for. Raises BadRequest, TooFast."""
        self._check_limit(request)
        app = request.query.get("app", "viewer")
        known = next((name for name in APPS if name == app), None)
        if known is None:
            raise BadRequest("There is no such `app`.")
        return Begun(known, own_path(request.query.get("to", HOME[known])))

    async def asked_to_add(self, call: Call[AddElsewhere]) -> Begun:
        """The same of an account that is to be added to one's own. Raises BadRequest, StaffSignInNeeded, Unavailable."""
        me = call.person
        async with self._database.connection() as connection:
            await sessions.check_as_staff(connection, me.id, me.role)
        return Begun(call.body.app, own_path(call.body.to), me.id, me.session, me.role.value)

    def begin(self, request: web.Request, way: str, begun: Begun) -> Journey:
        """A state for the browser that asks."""
        browser, ends_ms = self.browser(request), self.now_ms() + self._config.sign_in_elsewhere_s * 1000
        proof = self._signer.sign(way, browser, msgspec.msgpack.encode(begun), ends_ms=ends_ms)
        journey = self._journey(way, browser, proof, begun, ends_ms)
        if way not in SHORT_STATES:
            return journey
        Cookies(request, self._config).put(way, journey.state, max_age_s=self._config.sign_in_elsewhere_s)
        return msgspec.structs.replace(journey, state=_short(journey.state))

    # --- and back ---

    def back(self, request: web.Request, way: str) -> Journey:
        """The journey that ends with this request. Raises SignInLost, TooFast."""
        self._check_limit(request)
        browser = Cookies(request, self._config).get(BROWSER)
        proof = self._proof(request, way)
        signed = self._signer.read(way, browser, proof, now_ms=self.now_ms())
        if signed is None:
            raise SignInLost
        return self._journey(way, browser, proof, msgspec.msgpack.decode(signed.about, type=Begun), signed.ends_ts)

    async def arrive(self, request: web.Request, journey: Journey, proved: Proved) -> web.Response:
        """Sign in whoever was proved, or add what was proved to their account. Raises SignInLost, PersonBlocked, SessionEnded,
        StaffSignInNeeded, IdentityTaken, Unavailable."""
        begun, now_ms = journey.begun, self.now_ms()
        async with self._database.transaction() as tx:
            if not await proofs.use(tx.connection, journey.state.encode(), ends_ms=journey.ends_ts):
                raise SignInLost
            if begun.person:
                await sessions.check_as_staff(tx.connection, begun.person, Role(begun.role))
                await self._sign_in.add_all(
                    tx,
                    proved.subjects,
                    person=begun.person,
                    session=begun.session,
                    now_ms=now_ms,
                    at_ms=self._business_ms(),
                )
                return _see(begun.to)
            call: Call[None] = Call(
                request=request, identity=None, body=None, query=None, now_ms=self._business_ms(), tx=None
            )
            opened = await self._sign_in.finish(tx, proved, call=call, app=begun.app, name=None, now_ms=now_ms)
        life_s = max(0, (opened.ends_ts - now_ms) // 1000)
        Cookies(request, self._config).put(begun.app, opened.secret, max_age_s=life_s)
        return _see(begun.to)

    async def given_no_role(self, journey: Journey, subject: Subject) -> None:
        """The other site knows the person, and gives them no role. Raises LastAdmin, Unavailable."""
        async with self._database.transaction() as tx:
            if await self._sign_in.given_none(tx, subject, now_ms=self.now_ms(), at_ms=self._business_ms()):
                await proofs.use(tx.connection, journey.state.encode(), ends_ms=journey.ends_ts)

    def for_people(self, handler: Handler) -> Handler:
        """`handler`, whose refusals a person sees on a page of ours, and a program as any other."""

        async def serve(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except LivehubError as error:
                log.info("sign_in.refused", extra={"reason": repr(error), "path": request.path})
                if "text/html" not in request.headers.get("Accept", ""):
                    raise
                return _see(str(URL(self._to(request)).update_query(sign_in_refused=str(error.code))))

        return serve

    def _to(self, request: web.Request) -> str:
        """Where to tell of a refusal: where the person wanted to go, if it was them."""
        if request.path.endswith("/start"):
            try:
                return own_path(request.query.get("to", "/"))
            except BadRequest:
                return "/"
        for way in WAYS:
            browser = Cookies(request, self._config).get(BROWSER)
            signed = self._signer.read(way, browser, self._proof(request, way), now_ms=0)
            if signed is not None:
                return msgspec.msgpack.decode(signed.about, type=Begun).to
        return "/"

    def _proof(self, request: web.Request, way: str) -> bytes:
        """What the state stands for."""
        state = request.query.get("state", "")
        if way in SHORT_STATES:
            kept = Cookies(request, self._config).get(way)
            state = kept if _short(kept) == state else ""
        return unb64(state)

    def _journey(self, way: str, browser: str, proof: bytes, begun: Begun, ends_ts: int) -> Journey:
        return Journey(
            begun=begun,
            state=b64(proof),
            ends_ts=ends_ts,
            nonce=b64(self._signer.derived(f"{way} nonce", browser, proof)),
            verifier=b64(self._signer.derived(f"{way} verifier", browser, proof)),
        )

    def _check_limit(self, request: web.Request) -> None:
        check_wait(self._limit.wait_s(client_network(request, trust_proxy=self._config.trust_proxy), time.monotonic()))
