"""Whether somebody is blocked: asked at each sign-in, and of whoever gets a token without one.

    await blocks.check(person=id, phone="+8613800138000", device=cookie)

Any of the three is enough, so that whoever comes again under another name is met by the number or the device. Of phone numbers
and devices only HMACs are stored, under a key made of LIVEHUB_SECRET: with another secret these blocks are void, and only those
of people stay.
"""

import hashlib
import hmac
from collections.abc import Callable

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
            await self.check_in(connection, person=person, phone=phone, device=device)

    async def check_in(
        self, connection: Connection, *, person: str | None = None, phone: str | None = None, device: str | None = None
    ) -> None:
        """The same, on a connection that is there."""
        row = await connection.fetchrow(
            Q["standing_block"], person, self.phone_mark(phone), self.device_mark(device), int(self._real_s() * 1000)
        )
        if row is not None:
            raise PersonBlocked(details=None if row["until_ts"] is None else {"until_ts": row["until_ts"]})

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
