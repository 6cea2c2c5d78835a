"""Sign-in by WeChat: of a mini-program, and of a page that is open inside WeChat.

POST /api/sign-in/wechat-mini {code}                > a session         the code of wx.login, good once
POST /api/me/wechat-mini {code}                     > 204               the same, added to one's account
GET  /api/sign-in/wechat/start?to=/r/demo           > 302 to WeChat     inside its browser alone
GET  /api/sign-in/wechat/callback                   > 303 to `to`
POST /api/me/wechat {app, to}                       > {url}             adds the account to one's own
"""

from collections.abc import Sequence

from aiohttp import web
from yarl import URL

from livehub.base.auth import Permission
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, post
from livehub.base.errors import SignInClosed, SigninTooOld, TooFast
from livehub.people import sessions
from livehub.people.errors import (
    IdentityTaken,
    PersonBlocked,
    ProviderRefused,
    StaffNotMerged,
    StaffSignInNeeded,
    WechatRefusedPerson,
)
from livehub.people.schemas import AddElsewhere, GoTo, Session, WechatCode
from livehub.people.settings import PeopleConfig
from livehub.people.signin import proofs
from livehub.people.signin.elsewhere import Begun, Elsewhere, go
from livehub.people.signin.sign_in import Proved, SignIn
from livehub.people.signin.wechat_provider import WechatProvider

WAY = "wechat"
START, CALLBACK = "/api/sign-in/wechat/start", "/api/sign-in/wechat/callback"
IN_WECHAT = "MicroMessenger/"  # of its browser's User-Agent; no other may ask
CODE_CHARS_MAX = 512
USED_MS = 86_400_000  # far longer than a code is good


class WechatSignIn:
    def __init__(self, config: PeopleConfig, database: Database, elsewhere: Elsewhere, sign_in: SignIn) -> None:
        self._config = config
        self._database = database
        self._elsewhere = elsewhere
        self._sign_in = sign_in
        self._provider = WechatProvider(config)

    @property
    def is_on(self) -> bool:
        """Whether pages inside WeChat can sign in by it."""
        return bool(self._config.wechat_official_app_id and self._config.wechat_official_secret)

    def endpoints(self) -> Sequence[Endpoint]:
        proving = (SignInClosed, ProviderRefused, WechatRefusedPerson, TooFast)
        return [
            post(
                "/api/sign-in/wechat-mini", self.prove, may=Permission.WATCH, body=WechatCode, reply=Session,
                writes=False, cookies=True, errors=(*proving, PersonBlocked, StaffNotMerged),
            ),
            post(
                "/api/me/wechat-mini", self.add_mini, may=Permission.SPEAK, body=WechatCode, reply=None,
                writes=False, fresh=True,
                errors=(*proving, IdentityTaken, SigninTooOld, StaffSignInNeeded, PersonBlocked),
            ),
            post(
                "/api/me/wechat", self.add, may=Permission.SPEAK, body=AddElsewhere, reply=GoTo, writes=False,
                cookies=True, fresh=True, errors=(SignInClosed, SigninTooOld, StaffSignInNeeded),
            ),
        ]  # fmt: skip

    def attach(self, app: web.Application) -> None:
        """Where a browser goes."""
        app.router.add_get(START, self._elsewhere.for_people(self._start))
        app.router.add_get(CALLBACK, self._elsewhere.for_people(self._callback))

    # --- mini-programs ---

    async def prove(self, call: Call[WechatCode]) -> Session:
        """Sign in with a code of `wx.login`."""
        self._check_mini()
        subjects, now_ms = await self._provider.of_mini_program(call.body.code), self._elsewhere.now_ms()
        async with self._database.transaction() as tx:
            if not await proofs.use(tx.connection, self._mark(call.body.code), ends_ms=now_ms + USED_MS):
                raise ProviderRefused
            proved, app = Proved(subjects=subjects), call.body.app
            opened = await self._sign_in.finish(tx, proved, call=call, app=app, name=None, now_ms=now_ms)
        return self._sign_in.callers.signed_in(call, call.body.app, opened)

    async def add_mini(self, call: Call[WechatCode]) -> None:
        """Sign in by WeChat, too, from now on."""
        self._check_mini()
        subjects, now_ms = await self._provider.of_mini_program(call.body.code), self._elsewhere.now_ms()
        async with self._database.transaction() as tx:
            if not await proofs.use(tx.connection, self._mark(call.body.code), ends_ms=now_ms + USED_MS):
                raise ProviderRefused
            await sessions.check_as_staff(tx.connection, call.person.id, call.person.role)
            me = call.person
            await self._sign_in.add_all(
                tx, subjects, person=me.id, session=me.session, now_ms=now_ms, at_ms=call.now_ms
            )

    # --- pages inside WeChat ---

    async def add(self, call: Call[AddElsewhere]) -> GoTo:
        """Where to go so that one can sign in by WeChat from then on."""
        self._check_on(call.request)
        return GoTo(url=str(self._there(call.request, await self._elsewhere.asked_to_add(call))))

    async def _start(self, request: web.Request) -> web.StreamResponse:
        self._check_on(request)
        return go(self._there(request, self._elsewhere.asked(request)))

    def _there(self, request: web.Request, begun: Begun) -> URL:
        journey = self._elsewhere.begin(request, WAY, begun)
        asked = URL(self._config.wechat_authorize_url).update_query(
            appid=self._config.wechat_official_app_id,
            redirect_uri=str(self._elsewhere.base(request).with_path(CALLBACK)),
            response_type="code",
            scope=self._config.wechat_scope,
            state=journey.state,
        )
        return asked.with_fragment("wechat_redirect")  # WeChat takes it by nothing else

    async def _callback(self, request: web.Request) -> web.StreamResponse:
        if not self.is_on:
            raise SignInClosed("Signing in by WeChat is not set up here.")
        journey = self._elsewhere.back(request, WAY)
        code = request.query.get("code", "")  # without one they declined
        if not 0 < len(code) <= CODE_CHARS_MAX:
            raise ProviderRefused
        subjects = await self._provider.of_official_account(code)
        return await self._elsewhere.arrive(request, journey, Proved(subjects=subjects))

    # --- checks ---

    def _check_mini(self) -> None:
        if not (self._config.wechat_mini_app_id and self._config.wechat_mini_secret):
            raise SignInClosed("There is no mini-program here.")

    def _check_on(self, request: web.Request) -> None:
        if not self.is_on:
            raise SignInClosed("Signing in by WeChat is not set up here.")
        if IN_WECHAT not in request.headers.get("User-Agent", ""):
            raise SignInClosed("Open this page in WeChat to sign in by it.")

    def _mark(self, code: str) -> bytes:
        return f"wechat-mini {self._config.wechat_mini_app_id} {code}".encode()
