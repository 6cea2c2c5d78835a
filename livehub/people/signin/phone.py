"""HTTP: sign in, or add a number to an account, by a code that is sent to a phone.

    POST /api/sign-in/phone {phone}            > 202 {challenge}    the same for known and unknown numbers
    POST /api/sign-in/phone/{challenge} {code} > 200 a session

The code is used up in the transaction that makes the session. What was handed to whoever sends codes counts, whatever became of
it: a provider in trouble must not be a way round the bounds. A request that is refused leaves the codes before it as they are.
One whose answer was lost is sent again under its Idempotency-Key, and answered with the challenge that it made, for as long as
that is good: the message that came meanwhile is of use, and there is no second one.
"""

import base64
import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from livehub.base.addresses import area_of, client_address
from livehub.base.auth import Permission
from livehub.base.clock import Clock
from livehub.base.db import Connection, Database, Transaction
from livehub.base.endpoints import Call, Endpoint, post
from livehub.base.errors import LivehubError, NotFound, SignInClosed, SigninTooOld, TooFast, Unavailable
from livehub.base.metrics import CODES
from livehub.base.sql import queries
from livehub.base.text import clean
from livehub.people import persons, sessions
from livehub.people.callers import NAME_CHARS_MAX
from livehub.people.errors import (
    BadPhone,
    ChallengeBurnt,
    ChallengeOver,
    CodesExhausted,
    IdentityTaken,
    PersonBlocked,
    ProofNeeded,
    StaffSignInNeeded,
    WrongCode,
)
from livehub.people.names import NameReserved
from livehub.people.persons import Subject
from livehub.people.schemas import ChallengeSent, PhoneAdded, PhoneCode, PhoneCountry, PhoneRequest, Session
from livehub.people.sessions import Opened
from livehub.people.settings import PeopleConfig
from livehub.people.signin import codes
from livehub.people.signin.code_sender import CodeSender
from livehub.people.signin.codes import ADD_PHONE, DIGITS, SIGN_IN, TRIES_MAX, Bounds, Challenge, Excess, Sent, Verdict
from livehub.people.signin.proof_of_work import ProofOfWork
from livehub.people.signin.sign_in import Proved, SignIn

log = logging.getLogger("livehub.people.phone")
Q = queries(__file__, "codes.sql")

CHALLENGE_BYTES = 16


class PhoneSignIn:
    """`sender`: asked for when it is needed; None: nobody signs in by phone here."""

    def __init__(
        self,
        config: PeopleConfig,
        database: Database,
        clock: Clock,
        sign_in: SignIn,
        sender: Callable[[], CodeSender | None],
    ) -> None:
        self._config = config
        self._database = database
        self._real_s = clock.real_s
        self._sign_in = sign_in
        self._sender = sender
        self._key = hashlib.sha256(b"livehub phone codes\0" + config.secret.encode()).digest()
        self._work = ProofOfWork(self._key)
        self._regions = codes.regions(config.phone_regions)
        self._bounds = Bounds(
            resend_ms=config.code_resend_s * 1000,
            # One area never gets all of what a number gets, whatever is set.
            area_hour_max=max(1, min(config.codes_per_phone_area_hour_max, config.codes_per_phone_hour_max - 1)),
            area_day_max=max(1, min(config.codes_per_phone_area_day_max, config.codes_per_phone_day_max - 1)),
            phone_hour_max=config.codes_per_phone_hour_max,
            phone_day_max=config.codes_per_phone_day_max,
            network_hour_max=config.codes_per_network_hour_max,
            shop_hour_max=config.codes_per_hour_max,
        )

    @property
    def is_on(self) -> bool:
        """Whether there is somebody who sends codes."""
        return self._sender() is not None

    @property
    def countries(self) -> list[PhoneCountry]:
        """Whose phones get codes."""
        return [PhoneCountry(region=each, calling_code=codes.calling_code(each)) for each in self._regions]

    @property
    def mailbox(self) -> str | None:
        """Where codes are shown instead of sent."""
        sender = self._sender()
        return None if sender is None else sender.mailbox

    def endpoints(self) -> Sequence[Endpoint]:
        asking = (SignInClosed, BadPhone, TooFast, CodesExhausted, ProofNeeded, Unavailable)
        proving = (WrongCode, ChallengeBurnt, ChallengeOver, NotFound)
        return [
            post(
                "/api/sign-in/phone", self.ask, may=Permission.WATCH, body=PhoneRequest, reply=ChallengeSent,
                status=202, writes=False, cookies=True, errors=asking,
            ),
            post(
                "/api/sign-in/phone/{challenge}", self.prove, may=Permission.WATCH, body=PhoneCode, reply=Session,
                writes=False, cookies=True, errors=(*proving, PersonBlocked, NameReserved),
            ),
            post(
                "/api/me/phone", self.ask_to_add, may=Permission.SPEAK, body=PhoneRequest, reply=ChallengeSent,
                status=202, writes=False, fresh=True, errors=(*asking, SigninTooOld, StaffSignInNeeded),
            ),
            post(
                "/api/me/phone/{challenge}", self.add, may=Permission.SPEAK, body=PhoneCode, reply=PhoneAdded,
                writes=False, fresh=True,
                errors=(*proving, SigninTooOld, StaffSignInNeeded, IdentityTaken, PersonBlocked),
            ),
        ]  # fmt: skip

    # --- calls ---

    async def ask(self, call: Call[PhoneRequest]) -> ChallengeSent:
        """Have a code sent to a phone, to sign in with."""
        return await self._send(call, purpose=SIGN_IN)

    async def prove(self, call: Call[PhoneCode]) -> Session:
        """Sign in with the code that was sent."""
        name = None if call.body.name is None else clean(call.body.name, NAME_CHARS_MAX)
        now_ms = self._now_ms()
        async with self._database.transaction() as tx:
            proved = await self._judged(tx, call, purpose=SIGN_IN, now_ms=now_ms)
            opened = await self._finished(tx, call, proved, name, now_ms) if isinstance(proved, Challenge) else None
        if isinstance(proved, LivehubError):  # after the commit: a wrong try counts
            raise proved
        assert opened is not None
        return self._sign_in.callers.signed_in(call, call.body.app, opened)

    async def ask_to_add(self, call: Call[PhoneRequest]) -> ChallengeSent:
        """Have a code sent to a phone that is to be one's own."""
        async with self._database.connection() as connection:
            await sessions.check_as_staff(connection, call.person.id, call.person.role)
        return await self._send(call, purpose=ADD_PHONE)

    async def add(self, call: Call[PhoneCode]) -> PhoneAdded:
        """Be known by the phone from now on."""
        now_ms = self._now_ms()
        async with self._database.transaction() as tx:
            await sessions.check_as_staff(tx.connection, call.person.id, call.person.role)
            proved = await self._judged(tx, call, purpose=ADD_PHONE, now_ms=now_ms)
            if isinstance(proved, Challenge):
                me = call.person  # who may be known by a token alone so far
                await persons.create(tx.connection, name=me.name, now_ms=now_ms, role=me.role, id_=me.id)
                added = [Subject("phone", proved.phone)]
                await self._sign_in.add_all(
                    tx, added, person=me.id, session=me.session, now_ms=now_ms, at_ms=call.now_ms
                )
        if isinstance(proved, LivehubError):
            raise proved
        return PhoneAdded(label=f"*{proved.phone[-4:]}")

    # --- sending ---

    async def _send(self, call: Call[PhoneRequest], *, purpose: str) -> ChallengeSent:
        sender = self._sender()
        if sender is None:
            raise SignInClosed("Signing in by phone is switched off here.")
        phone, now_ms = codes.e164(call.body.phone, self._regions), self._now_ms()
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        async with self._database.transaction() as tx:
            for counted in sorted((phone, self._network(call).hex())):
                await tx.connection.execute(Q["lock_phone"], counted)
            asker = await self._asker(tx.connection, call)
            challenge = self._challenge(call, asker, phone, purpose)
            before = await tx.connection.fetchrow(Q["asked_before"], challenge, now_ms, TRIES_MAX)
            if before and before["is_good"]:
                again_ms = before["created_ts"] + self._bounds.resend_ms
                return ChallengeSent(challenge=challenge, retry_after_ms=max(0, again_ms - now_ms))
            if before:
                challenge = secrets.token_urlsafe(CHALLENGE_BYTES)
            await self._check(tx, call, phone, now_ms)
            await tx.connection.execute(
                Q["insert_code"], challenge, phone, purpose, asker,
                codes.digest(self._key, challenge, phone, purpose, code), self._network(call), now_ms,
                now_ms + self._config.code_s * 1000,
            )  # fmt: skip
        try:
            await sender.send(challenge=challenge, phone=phone, code=code, purpose=purpose, now_ms=now_ms)
        except BaseException:
            # It may have been sent all the same, so it counts, and the code that may arrive is good.
            CODES.labels(outcome="not_sent").inc()
            raise
        CODES.labels(outcome="sent").inc()
        return ChallengeSent(challenge=challenge, retry_after_ms=self._bounds.resend_ms)

    def _challenge(self, call: Call[PhoneRequest], asker: str, phone: str, purpose: str) -> str:
        """The same for the same request of the same person or guest, and guessed by nobody."""
        key = call.request.headers.get("Idempotency-Key")
        if not asker or key is None:
            return secrets.token_urlsafe(CHALLENGE_BYTES)
        asked = "\0".join(("challenge", asker, key, phone, purpose))
        digest = hmac.digest(self._key, asked.encode(), hashlib.sha256)[:CHALLENGE_BYTES]
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    async def _check(self, tx: Transaction, call: Call[PhoneRequest], phone: str, now_ms: int) -> None:
        row = await tx.connection.fetchrow(
            Q["sent"], phone, self._network(call), now_ms - codes.HOUR_MS, now_ms - codes.DAY_MS,
            max(self._bounds.network_hour_max, self._config.codes_without_proof_max), self._bounds.shop_hour_max,
        )  # fmt: skip
        sent = Sent(**dict(row or {}))
        found = codes.excess(sent, self._bounds, now_ms)
        if found is None:
            if codes.is_unusual(
                sent,
                self._bounds,
                without_proof_max=self._config.codes_without_proof_max,
                unused_without_proof_max=self._config.codes_unused_without_proof_max,
            ):
                await self._check_proof(tx, call.body.proof, phone, now_ms)
            return
        what, wait_ms = found
        CODES.labels(outcome=f"refused_{what.value}").inc()
        if what is Excess.SHOP:
            log.error("phone.codes_exhausted", extra={"per_hour_max": self._bounds.shop_hour_max})
            raise CodesExhausted(retry_after_ms=wait_ms)
        raise TooFast("Too many codes were asked for. Wait, and ask again.", retry_after_ms=wait_ms)

    async def _check_proof(self, tx: Transaction, proof: str | None, phone: str, now_ms: int) -> None:
        if proof is None or not await self._work.use(tx, proof, phone, now_ms=now_ms):
            CODES.labels(outcome="proof_needed").inc()
            raise self._work.needed(phone, now_ms=now_ms)

    # --- proving ---

    async def _judged(
        self, tx: Transaction, call: Call[PhoneCode], *, purpose: str, now_ms: int
    ) -> Challenge | LivehubError:
        """The challenge, used up; or why not, of which the transaction keeps count. Raises NotFound, BadRequest."""
        code = codes.typed(call.body.code)
        row = await tx.connection.fetchrow(
            Q["challenge_for_update"], call.path["challenge"], await self._asker(tx.connection, call)
        )
        if row is None:
            raise NotFound("There is no such code of yours.")
        challenge = Challenge(**dict(row))
        verdict = codes.judge(challenge, code, purpose=purpose, key=self._key, now_ms=now_ms)
        CODES.labels(outcome=verdict.value).inc()
        if verdict is Verdict.RIGHT:
            await tx.connection.execute(Q["use"], challenge.challenge, now_ms)
            return challenge
        if verdict is Verdict.WRONG:
            await tx.connection.execute(Q["count_wrong"], challenge.challenge)
            return WrongCode(details={"tries_left": TRIES_MAX - challenge.tries - 1})
        return ChallengeBurnt() if verdict is Verdict.BURNT else ChallengeOver()

    async def _finished(
        self, tx: Transaction, call: Call[PhoneCode], proved: Challenge, name: str | None, now_ms: int
    ) -> Opened:
        by_phone, app = Proved(subjects=[Subject("phone", proved.phone)]), call.body.app
        return await self._sign_in.finish(tx, by_phone, call=call, app=app, name=name, now_ms=now_ms)

    # --- who asks ---

    async def _asker(self, connection: Connection, call: Call[PhoneRequest] | Call[PhoneCode]) -> str:
        """A code is for whoever asked for it: a person or a guest. A program without a token is nobody in particular."""
        before = await self._sign_in.callers.before(connection, call, call.body.app)
        return before[0].id if before else ""

    def _network(self, call: Call[Any]) -> bytes:
        """Addresses are cheap by the /24 and the /48, and each code costs the shop money."""
        network = area_of(client_address(call.request, trust_proxy=self._config.trust_proxy))
        return hmac.digest(self._key, network.encode(), hashlib.sha256)

    def _now_ms(self) -> int:
        return int(self._real_s() * 1000)
