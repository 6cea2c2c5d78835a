"""What people agreed to, purpose by purpose: nothing, until they say so, and for as long as they do not take it back.

    held = await consents_of(connection, [person])
    if is_granted(held, "marketing_sms"): ...

Append-only: each word is a row, and the last one holds. A guest agrees as the device that they are; signing in takes none of
it along, since it was somebody else's word for all we know.
"""

import time
from collections.abc import Iterable, Mapping
from typing import get_args

from msgspec import Struct

from livehub.base.addresses import client_network
from livehub.base.auth import Permission, Role
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import Unauthenticated
from livehub.base.events import emit
from livehub.base.limits import RateLimiter, check_wait
from livehub.base.lists import iso
from livehub.base.sql import queries
from livehub.people.records_errors import ConsentsFull, UnknownPurpose
from livehub.people.records_events import ConsentChanged
from livehub.people.records_schemas import Consent, ConsentRequest, Consents, Purpose
from livehub.people.records_settings import RecordsConfig

Q = queries(__file__, "consent.sql")

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
DAY_MS = 86_400_000


class Word(Struct, frozen=True, kw_only=True):
    """What somebody said of one purpose, and when (Unix ms)."""

    purpose: str
    granted: bool
    version: str
    ts: int
    place: str


def what_holds(words: Iterable[Word]) -> dict[str, Word]:
    """The last word about each purpose. `words`: in any order; of two at one moment the later in the list holds."""
    held: dict[str, Word] = {}
    for word in words:
        before = held.get(word.purpose)
        if before is None or word.ts >= before.ts:
            held[word.purpose] = word
    return held


def is_granted(held: Mapping[str, Word], purpose: Purpose) -> bool:
    """Whether it may be done now: only if the last word about it was yes."""
    word = held.get(purpose)
    return word is not None and word.granted


async def consents_of(connection: Connection, person: str) -> dict[str, Word]:
    """What holds of a person, or of a guest's device. Raises Unavailable."""
    return what_holds(Word(**row) for row in await connection.fetch(Q["consents"], person))


class ConsentApi:
    def __init__(self, core: Config, config: RecordsConfig, database: Database) -> None:
        self._core = core
        self._config = config
        self._database = database
        hour_max = (
            config.guest_consents_per_network_hour_max
        )  # guests cost nothing, so each of them has no bound that holds
        self._of_guests = RateLimiter(per_s_max=hour_max / 3_600, burst_max=hour_max, keys_max=core.limiter_keys_max)

    def endpoints(self) -> list[Endpoint]:
        may = Permission.WATCH  # guests, too: about oneself, so somebody must ask
        return [
            get("/api/me/consents", self.all, may=may, reply=Consents, errors=(Unauthenticated,)),
            post(
                "/api/me/consents/{purpose}", self.say, may=may, body=ConsentRequest, reply=Consent, method="PUT",
                errors=(Unauthenticated, UnknownPurpose, ConsentsFull),
            ),
        ]  # fmt: skip

    async def all(self, call: Call[None]) -> Consents:
        """What one agreed to, purpose by purpose."""
        if call.identity is None:
            raise Unauthenticated
        async with self._database.connection() as connection:
            held = await consents_of(connection, call.identity.id)
        return Consents(items=[_consent(purpose, held.get(purpose)) for purpose in PURPOSES])

    async def say(self, call: Call[ConsentRequest]) -> Consent:
        """Agree to a purpose, or no longer. What holds already is not written again."""
        if call.identity is None:
            raise Unauthenticated
        purpose = _purpose(call.path["purpose"])
        person, body, db = call.identity.id, call.body, call.tx.connection
        await db.execute(Q["lock_consent"], person, purpose)
        before = (await consents_of(db, person)).get(purpose)
        if before is not None and (before.granted, before.version) == (body.granted, body.version):
            return _consent(purpose, before)
        takes_back = before is not None and before.granted and not body.granted  # nobody is kept from that
        since = await db.fetchval(Q["consents_since"], person, purpose, call.now_ms - DAY_MS)
        if since >= self._config.consents_max and not takes_back:
            raise ConsentsFull(retry_after_ms=DAY_MS)
        if call.identity.role is Role.GUEST and not takes_back:
            network = client_network(call.request, trust_proxy=self._core.trust_proxy)
            check_wait(self._of_guests.wait_s(network, time.monotonic()))
        await db.execute(Q["insert_consent"], person, purpose, body.granted, body.version, call.now_ms, body.place)
        event = ConsentChanged(person=person, purpose=purpose, granted=body.granted, version=body.version)
        await emit(call.tx, event, key=person)
        word = Word(purpose=purpose, granted=body.granted, version=body.version, ts=call.now_ms, place=body.place)
        return _consent(purpose, word)


def _purpose(text: str) -> Purpose:
    for purpose in PURPOSES:
        if purpose == text:
            return purpose
    raise UnknownPurpose


def _consent(purpose: Purpose, word: Word | None) -> Consent:
    if word is None:
        return Consent(purpose=purpose, granted=False)
    return Consent(purpose=purpose, granted=word.granted, version=word.version, at=iso(word.ts), place=word.place)
