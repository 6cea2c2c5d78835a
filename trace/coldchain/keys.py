"""The keys of devices, opened once and remembered for a while: a body is checked before anything else is done with it."""

import hmac
import logging
from collections import OrderedDict
from collections.abc import Callable

from livehub.base.db import Connection, Database
from livehub.base.sealing import CannotOpen, Sealer
from livehub.base.sql import queries
from trace.coldchain.errors import SignatureWrong

log = logging.getLogger("livehub.coldchain.keys")
Q = queries(__file__, "intake.sql")

KEY_BYTES = 32
SIGNATURE_CHARS = 64
DEVICE_CHARS_MAX = 64


class DeviceKeys:
    """`kept_s`: how long a key, or that there is none, is believed; `keys_max`: how many are remembered."""

    def __init__(
        self, database: Database, secret: str, *, kept_s: float, keys_max: int, monotonic_s: Callable[[], float]
    ) -> None:
        self._database = database
        self._sealer = Sealer(secret, "sensor keys")
        self._kept_s = kept_s
        self._keys_max = keys_max
        self._monotonic_s = monotonic_s
        self._keys: OrderedDict[str, tuple[bytes | None, float]] = OrderedDict()

    async def seal(self, device: str, key: bytes) -> bytes:
        """A key as it is stored."""
        return await self._sealer.seal(key, device.encode())

    async def check(self, device: str, body: bytes, signature: str) -> None:
        """Raise SignatureWrong unless `signature` is the hex HMAC-SHA256 of `body` under the key of `device`."""
        is_id = 0 < len(device) <= DEVICE_CHARS_MAX and device.isascii() and device.isprintable()
        key = await self._key(device) if is_id else None
        if key is None or len(signature) != SIGNATURE_CHARS or not signature.isascii():
            raise SignatureWrong
        if not hmac.compare_digest(hmac.digest(key, body, "sha256").hex(), signature.lower()):
            raise SignatureWrong

    async def _key(self, device: str) -> bytes | None:
        known = self._keys.get(device)
        if known is not None and known[1] > self._monotonic_s():
            self._keys.move_to_end(device)
            return known[0]
        async with self._database.batch.connection() as connection:
            key = await self._read(connection, device)
        self._keys[device] = (key, self._monotonic_s() + self._kept_s)
        if len(self._keys) > self._keys_max:
            self._keys.popitem(last=False)
        return key

    async def _read(self, connection: Connection, device: str) -> bytes | None:
        sealed = await connection.fetchval(Q["sealed_key"], device)
        try:
            return None if sealed is None else await self._sealer.open(sealed, device.encode())
        except CannotOpen:  # sealed under another secret; whoever has it cannot prove it, and the others go on
            log.exception("coldchain.key_unreadable", extra={"device": device})
            return None
