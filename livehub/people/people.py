"""The part of people in a process. Wiring only."""

from collections.abc import Callable, Mapping, Sequence

from aiohttp import web

from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.module import Context, Part
from livehub.people.blocked.blocks import Blocks
from livehub.people.callers import Callers
from livehub.people.ended import EndedSessions
from livehub.people.me_api import MeApi
from livehub.people.merging import Merging, PersonAliases
from livehub.people.names import Names
from livehub.people.registry import person_tables
from livehub.people.schemas import SignInWays
from livehub.people.session_api import SessionApi
from livehub.people.settings import PeopleConfig
from livehub.people.signin.code_sender import CodeSender, HttpCodeSender
from livehub.people.signin.elsewhere import Elsewhere
from livehub.people.signin.invitations import Invitations
from livehub.people.signin.oidc import OidcSignIn
from livehub.people.signin.oidc_provider import Provider
from livehub.people.signin.passkeys import Passkeys
from livehub.people.signin.phone import PhoneSignIn
from livehub.people.signin.sign_in import SignIn
from livehub.people.signin.tencent_sms import TencentCodeSender
from livehub.people.signin.wechat import WechatSignIn
from livehub.people.staff_api import StaffApi

CODE_SENDERS: Mapping[str, Callable[[PeopleConfig], CodeSender]] = {
    "http": HttpCodeSender,
    "tencent": TencentCodeSender,
}


class People(Part):
    """`ended.on_end`: for those who keep something open for a session, as sockets are.
    `sign_in`: what every way to sign in ends with.
    """

    def __init__(self, context: Context) -> None:
        self._config = config = context.config(PeopleConfig)
        self.ended = EndedSessions(config, context.database, context.clock)
        context.tokens.has_ended = self.ended.has_ended
        names = context.get(Names)
        blocks = Blocks(context.database, config.secret, context.clock.real_s)
        context.provide(Blocks, blocks)
        self._me = MeApi(config, context.database, context.clock, self.ended, names)
        self.merging = Merging(
            lambda: person_tables(context.modules, context.parts), lambda: context.port(PersonAliases), context.now_s
        )
        callers = Callers(config, context.tokens, context.clock, blocks)
        self.sign_in = SignIn(config, callers, self.merging, self.ended, blocks, names)
        self._sessions = SessionApi(config, context.database, context.tokens, self.ended, names, self.sign_in)
        sender = CODE_SENDERS[config.code_sender](config) if config.code_sender else None
        self._phone = PhoneSignIn(
            config, context.database, context.clock, self.sign_in, lambda: sender or context.port(CodeSender)
        )

        elsewhere = Elsewhere(config, context.database, context.clock, self.sign_in)
        self._passkeys = Passkeys(config, context.database, elsewhere, self.sign_in)
        self._wechat = WechatSignIn(config, context.database, elsewhere, self.sign_in)
        self._invitations = Invitations(config, context.database, context.clock, self.sign_in)
        self._staff = StaffApi(config, context.database, context.clock, self.ended, self.merging)
        self._oidc = OidcSignIn(config, elsewhere, Provider(config, context.clock.real_s))

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            *self._sessions.endpoints(),
            *self._me.endpoints(),
            *self._phone.endpoints(),
            *self._oidc.endpoints(),
            *self._passkeys.endpoints(),
            *self._wechat.endpoints(),
            *self._invitations.endpoints(),
            *self._staff.endpoints(),
            get("/api/sign-in", self.ways, reply=SignInWays),
        ]

    async def ways(self, call: Call[None]) -> SignInWays:
        """How one can sign in here."""
        return SignInWays(
            phone=self._phone.is_on,
            staff_by_phone=self._config.staff_by_phone,
            phone_countries=self._phone.countries,
            mailbox=self._phone.mailbox,
            oidc=self._oidc.is_on,
            passkey=self._passkeys.is_on(call.request),
            wechat=self._wechat.is_on,
            name=self._config.sign_in_by_name,
            link=self._config.sign_in_by_link,
        )

    def attach(self, app: web.Application) -> None:
        self._oidc.attach(app)
        self._wechat.attach(app)

    async def start(self) -> None:
        """Ask for what ended while nobody here listened."""
        self.ended.start()

    async def stop(self) -> None:
        await self.ended.stop()
