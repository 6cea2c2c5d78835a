"""HTTP: an invitation, as `python -m livehub person` prints: whoever has it is signed in as that person, once, within minutes,
and then adds a way of their own (a passkey, a phone, the provider's account).

    POST /api/sign-in/invitation {code, app} > a session
"""

from collections.abc import Sequence

from livehub.base.auth import Permission
from livehub.base.clock import Clock
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, post
from livehub.people.errors import PersonBlocked, SignInLost
from livehub.people.schemas import Session, SignInInvitation
from livehub.people.settings import PeopleConfig
from livehub.people.signin import proofs
from livehub.people.signin.elsewhere import b64, unb64
from livehub.people.signin.proofs import Signer
from livehub.people.signin.sign_in import SignIn

PURPOSE, HOLDER = "invitation", "whoever has it"
LIFE_S = 900


def invitation(secret: str, person: str, *, now_ms: int) -> str:
    """A code for one person, good for LIFE_S."""
    return b64(Signer(secret).sign(PURPOSE, HOLDER, person.encode(), ends_ms=now_ms + LIFE_S * 1000))


class Invitations:
    def __init__(self, config: PeopleConfig, database: Database, clock: Clock, sign_in: SignIn) -> None:
        self._database = database
        self._real_s = clock.real_s
        self._sign_in = sign_in
        self._signer = Signer(config.secret)

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            post(
                "/api/sign-in/invitation", self.accept, may=Permission.WATCH, body=SignInInvitation, reply=Session,
                writes=False, cookies=True, errors=(SignInLost, PersonBlocked),
            )
        ]  # fmt: skip

    async def accept(self, call: Call[SignInInvitation]) -> Session:
        """Sign in with an invitation."""
        now_ms, code = int(self._real_s() * 1000), unb64(call.body.code)
        signed = self._signer.read(PURPOSE, HOLDER, code, now_ms=now_ms)
        if signed is None:
            raise SignInLost
        async with self._database.transaction() as tx:
            if not await proofs.use(tx.connection, code, ends_ms=signed.ends_ts):
                raise SignInLost
            opened = await self._sign_in.invited(tx, signed.about.decode(), call=call, app=call.body.app, now_ms=now_ms)
        return self._sign_in.callers.signed_in(call, call.body.app, opened)
