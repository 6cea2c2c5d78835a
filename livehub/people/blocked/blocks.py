"""Whether somebody is blocked: asked at each sign-in, and of whoever gets a token without one.

    await blocks.check(person=id, phone="+8613800138000", device=cookie)

Any of the three is enough, so that whoever comes again under another name is met by the number or the device. Of phone numbers
and devices only HMACs are stored, under a key made of LIVEHUB_SECRET: with another secret these blocks are void, and only those
of people stay.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable

from asyncpg import Record

from livehub.base.db import Connection, Database
from livehub.base.sql import queries
from livehub.people.errors import PersonBlocked

Q = queries(__file__, "blocked.sql")


class Blocks:
    def __init__(self, database: Database, secret: str, real_s: Callable[[], float]) -> None:
        self._database = database
        self._key = hmac.digest(secret.encode(), b"livehub blocked people", hashlib.sha256)
        self._real_s = real_s

    async def check(self, *, person: str | None = None, phone: str | None = None, device: str | None = None) -> None:
        """Raise PersonBlocked, with `until_ts` among its details where it ends, when any of these is blocked. `phone`: E.164;
        `device`: any text that stays with it. Raises Unavailable.
        """
        async with self._database.connection() as connection:
            people, phones, devices = ([each] if each else [] for each in (person, phone, device))
            row = await self._standing(connection, people, phones, devices, [])
        _refuse(row)

    async def check_in(
        self,
        connection: Connection,
        *,
        people: Iterable[str] = (),
        phones: Iterable[str] = (),
        browser: Iterable[str] = (),
    ) -> None:
        """The same of several, on a connection that is there. People are also whom they have become. `browser`: who was in it,
        by their ids: marks of it as a device; where one of them is blocked so is whoever is in it now.
        """
        ids = list(browser)
        _refuse(await self._standing(connection, list(people), phones, ids, ids))

    async def _standing(
        self, connection: Connection, people: list[str], phones: Iterable[str], devices: Iterable[str], as_is: list[str]
    ) -> Record | None:
        phone_marks = [self.phone_mark(phone) for phone in phones]
        device_marks = [self.device_mark(device) for device in devices]
        now_ms = int(self._real_s() * 1000)
        return await connection.fetchrow(Q["standing_block"], people, phone_marks, device_marks, as_is, now_ms)

    async def unmark_in(self, connection: Connection) -> None:
        """`people.blocked_ts` of all whom nothing blocks any more."""
        await connection.execute(Q["unblock_people"], int(self._real_s() * 1000))

    def phone_mark(self, phone: str | None) -> str | None:
        return self._mark("phone", phone)

    def device_mark(self, device: str | None) -> str | None:
        return self._mark("device", device)

    def _mark(self, kind: str, value: str | None) -> str | None:
        if not value:
            return None
        return hmac.new(self._key, f"{kind}\0{value}".encode(), hashlib.sha256).hexdigest()


def _refuse(row: Record | None) -> None:
    if row is not None:
        raise PersonBlocked(details=None if row["until_ts"] is None else {"until_ts": row["until_ts"]})
