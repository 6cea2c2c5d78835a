"""The part of people in a process. Wiring only."""

from collections.abc import Sequence

from livehub.base.endpoints import Endpoint
from livehub.base.module import Context, Part
from livehub.people.blocked.blocks import Blocks
from livehub.people.ended import EndedSessions
from livehub.people.me_api import MeApi
from livehub.people.merging import Merging, PersonAliases
from livehub.people.names import Names
from livehub.people.registry import person_tables
from livehub.people.session_api import SessionApi
from livehub.people.settings import PeopleConfig
from livehub.people.signin.code_sender import CodeSender, HttpCodeSender
from livehub.people.signin.phone import PhoneSignIn
from livehub.people.signin.sign_in import SignIn
from livehub.people.staff_api import StaffApi


class People(Part):
    """`ended.on_end`: for those who keep something open for a session, as sockets are.
    `sign_in`: what every way to sign in ends with.
    """

    def __init__(self, context: Context) -> None:
        config = context.config(PeopleConfig)
        self.ended = EndedSessions(config, context.database, context.clock)
        context.tokens.has_ended = self.ended.has_ended
        names = context.get(Names)
        self._sessions = SessionApi(config, context.database, context.tokens, context.clock, self.ended, names)
        self._me = MeApi(config, context.database, context.clock, self.ended, names)
        self.merging = Merging(
            lambda: person_tables(context.modules, context.parts), lambda: context.port(PersonAliases), context.now_s
        )
        blocks = Blocks(context.database, config.secret, context.clock.real_s)
        context.provide(Blocks, blocks)
        self.sign_in = SignIn(self._sessions, self.merging, self.ended, blocks, names)
        http = HttpCodeSender(config) if config.code_sender == "http" else None
        self._phone = PhoneSignIn(
            config, context.database, context.clock, self.sign_in, lambda: http or context.port(CodeSender)
        )

        self._staff = StaffApi(config, context.database, context.clock, self.ended, self.merging)

    def endpoints(self) -> Sequence[Endpoint]:
        apis = (self._sessions, self._me, self._phone, self._staff)
        return [endpoint for api in apis for endpoint in api.endpoints()]

    async def start(self) -> None:
        """Ask for what ended while nobody here listened."""
        self.ended.start()

    async def stop(self) -> None:
        await self.ended.stop()
