"""How much one person, and one network, may send in a day; decided and counted in one statement, for all processes."""

from livehub.base.db import Connection
from livehub.base.limits import retry_after_ms
from livehub.base.sql import queries
from livehub.base.uploads.errors import UploadQuota
from livehub.base.uploads.settings import UploadsConfig

Q = queries(__file__, "uploads.sql")

DAY_MS = 86_400_000


async def charge(
    connection: Connection, config: UploadsConfig, *, person: str, network: str, size: int, now_ms: int
) -> None:
    """Count an upload of `size` bytes. Raises UploadQuota, and then the transaction must not be committed.

    What is refused later, as damaged, stays counted: it was decoded.
    """
    day = now_ms // DAY_MS
    for kind, subject, uploads_max, bytes_max in (
        ("person", person, config.uploads_per_person_day_max, config.uploads_bytes_per_person_day_max),
        ("network", network, config.uploads_per_network_day_max, config.uploads_bytes_per_network_day_max),
    ):
        if not await connection.fetchval(Q["charge"], kind, subject, day, size, uploads_max, bytes_max):
            left_s = ((day + 1) * DAY_MS - now_ms) / 1000
            raise UploadQuota(retry_after_ms=retry_after_ms(left_s))
