"""HTTP: passkeys, of staff and of viewers who want one. The browser does the asking (`navigator.credentials`):

    POST /api/me/passkeys/options {}            > {options}    by somebody who signed in lately
    POST /api/me/passkeys {credential}          > 201          known by it from now on
    POST /api/sign-in/passkey/options {app}     > {options}    any passkey that the browser has for us
    POST /api/sign-in/passkey {credential, app} > a session

A challenge is signed for the session or the browser that asked, good for minutes, and counts once. The user is verified (a
finger, a PIN) each time, so a passkey is two factors.
"""

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

from aiohttp import web
from yarl import URL

from livehub.base.auth import Permission
from livehub.base.cookies import Cookies
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, post
from livehub.base.errors import SignInClosed, SigninTooOld
from livehub.people import persons, sessions
from livehub.people.device import device
from livehub.people.errors import IdentityTaken, PasskeyRefused, PersonBlocked, SignInLost, StaffSignInNeeded
from livehub.people.persons import Subject
from livehub.people.schemas import MyIdentity, PasskeyAnswer, PasskeyOptions, PasskeyRequest, PasskeySignIn, Session
from livehub.people.settings import PeopleConfig
from livehub.people.signin import passkey_checks, proofs
from livehub.people.signin.elsewhere import BROWSER, Elsewhere
from livehub.people.signin.proofs import Signed, Signer
from livehub.people.signin.sign_in import Proved, SignIn

ADD, SIGN_IN = "add passkey", "sign in by passkey"


class Passkeys:
    def __init__(self, config: PeopleConfig, database: Database, elsewhere: Elsewhere, sign_in: SignIn) -> None:
        self._config = config
        self._database = database
        self._elsewhere = elsewhere
        self._sign_in = sign_in
        self._signer = Signer(config.secret)

    def endpoints(self) -> Sequence[Endpoint]:
        lost = (SignInClosed, SignInLost, PasskeyRefused)
        return [
            post(
                "/api/me/passkeys/options", self.ask_to_add, may=Permission.SPEAK, body=PasskeyRequest,
                reply=PasskeyOptions, writes=False, fresh=True, errors=(SignInClosed, SigninTooOld, StaffSignInNeeded),
            ),
            post(
                "/api/me/passkeys", self.add, may=Permission.SPEAK, body=PasskeyAnswer, reply=MyIdentity,
                status=201, writes=False, fresh=True,
                errors=(*lost, SigninTooOld, StaffSignInNeeded, IdentityTaken, PersonBlocked),
            ),
            post(
                "/api/sign-in/passkey/options", self.ask, may=Permission.WATCH, body=PasskeyRequest,
                reply=PasskeyOptions, writes=False, cookies=True, errors=(SignInClosed,),
            ),
            post(
                "/api/sign-in/passkey", self.prove, may=Permission.WATCH, body=PasskeySignIn, reply=Session,
                writes=False, cookies=True, errors=(*lost, PersonBlocked),
            ),
        ]  # fmt: skip

    def is_on(self, request: web.Request) -> bool:
        """Whether browsers have passkeys for where we are reached: for a name, not for an address."""
        host = self._elsewhere.base(request).host or ""
        try:
            ip_address(host)
        except ValueError:
            return bool(host)
        return False

    # --- one more way to sign in ---

    async def ask_to_add(self, call: Call[PasskeyRequest]) -> PasskeyOptions:
        """What to have the browser make a passkey with."""
        site, person = self._site(call.request), call.person
        async with self._database.connection() as connection:
            await sessions.check_as_staff(connection, person.id, person.role)
            known = [each.subject for each in await persons.identities(connection, person.id) if each.kind == "passkey"]
        options = passkey_checks.creation_options(
            rp_id=site.host or "",
            rp_name=self._config.passkey_site_name or site.host or "",
            person=person.id,
            name=person.name,
            challenge=self._challenge(ADD, person.session or person.id),
            known=known,
            timeout_ms=self._config.sign_in_elsewhere_s * 1000,
        )
        return PasskeyOptions(options=options)

    async def add(self, call: Call[PasskeyAnswer]) -> MyIdentity:
        """Sign in with this passkey, too, from now on."""
        site, person, credential = self._site(call.request), call.person, call.body.credential
        async with self._database.connection() as connection:
            await sessions.check_as_staff(connection, person.id, person.role)
        challenge, signed = self._answered(ADD, person.session or person.id, credential)
        passkey = await asyncio.to_thread(
            passkey_checks.registered,
            credential,
            person=person.id,
            challenge=challenge,
            rp_id=site.host or "",
            origin=str(site),
            label=device(call.request.headers.get("User-Agent", "")),
        )
        subject, now_ms = Subject("passkey", passkey_checks.id_of(credential)), self._elsewhere.now_ms()
        async with self._database.transaction() as tx:
            if not await proofs.use(tx.connection, challenge, ends_ms=signed.ends_ts):
                raise SignInLost
            await persons.create(tx.connection, name=person.name, now_ms=now_ms, role=person.role, id_=person.id)
            await self._sign_in.add_all(
                tx, [subject], person=person.id, session=person.session, now_ms=now_ms, at_ms=call.now_ms
            )
            await persons.set_passkey(tx.connection, subject.subject, passkey)
        return MyIdentity(
            id=persons.public_id(subject), kind="passkey", label=passkey.label, verified_ts=now_ms, used_ts=now_ms
        )

    # --- sign-in ---

    async def ask(self, call: Call[PasskeyRequest]) -> PasskeyOptions:
        """What to ask the browser for a passkey with."""
        site = self._site(call.request)
        challenge = self._challenge(SIGN_IN, self._elsewhere.browser(call.request))
        timeout_ms = self._config.sign_in_elsewhere_s * 1000
        return PasskeyOptions(
            options=passkey_checks.request_options(rp_id=site.host or "", challenge=challenge, timeout_ms=timeout_ms)
        )

    async def prove(self, call: Call[PasskeySignIn]) -> Session:
        """Sign in with a passkey."""
        site, credential = self._site(call.request), call.body.credential
        browser = Cookies(call.request, self._config).get(BROWSER)
        challenge, signed = self._answered(SIGN_IN, browser, credential)
        subject, now_ms = Subject("passkey", passkey_checks.id_of(credential)), self._elsewhere.now_ms()
        async with self._database.connection() as connection:
            before = await persons.passkey(connection, subject.subject)
        if before is None:
            raise PasskeyRefused("This passkey is not known here.")
        after = await asyncio.to_thread(
            passkey_checks.used, before, credential, challenge=challenge, rp_id=site.host or "", origin=str(site)
        )
        async with self._database.transaction() as tx:
            if not await proofs.use(tx.connection, challenge, ends_ms=signed.ends_ts):
                raise SignInLost
            proved, app = Proved(subjects=[subject]), call.body.app
            opened = await self._sign_in.finish(tx, proved, call=call, app=app, name=None, now_ms=now_ms)
            # Of two answers at once that a key and its copy gave, the second finds another count than it was checked against.
            if await persons.passkey(tx.connection, subject.subject, lock=True) != before:
                raise PasskeyRefused
            await persons.set_passkey(tx.connection, subject.subject, after)
        return self._sign_in.callers.signed_in(call, call.body.app, opened)

    # --- challenges ---

    def _challenge(self, purpose: str, holder: str) -> bytes:
        ends_ms = self._elsewhere.now_ms() + self._config.sign_in_elsewhere_s * 1000
        return self._signer.sign(purpose, holder, b"", ends_ms=ends_ms)

    def _answered(self, purpose: str, holder: str, credential: dict[str, Any]) -> tuple[bytes, Signed]:
        challenge = passkey_checks.challenge_of(credential)
        signed = self._signer.read(purpose, holder, challenge, now_ms=self._elsewhere.now_ms())
        if signed is None:
            raise SignInLost
        return challenge, signed

    def _site(self, request: web.Request) -> URL:
        """The origin whose pages ask. Raises SignInClosed where no passkey can be."""
        if not self.is_on(request):
            raise SignInClosed("Passkeys need a site that is reached by a name.")
        return self._elsewhere.base(request).origin()
