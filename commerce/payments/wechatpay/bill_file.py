"""The bill of a day from WeChat Pay: asked for, downloaded, unpacked, its hash compared; only then read, row by row.

Kept in a file while it is read, in memory while it is small: the hash is known at its end alone, and no row counts before
that.
"""

import hashlib
import hmac
import logging
import tempfile
import zlib
from collections.abc import AsyncIterator
from datetime import date
from io import TextIOWrapper
from typing import IO

from commerce.payments.provider import BillRow
from commerce.payments.wechatpay.answers import Bill
from commerce.payments.wechatpay.bill import Unreadable, rows
from commerce.payments.wechatpay.gateway import Gateway, Refused, away
from commerce.payments.wechatpay.settings import WechatpayConfig

log = logging.getLogger("livehub.payments.wechatpay")

IN_MEMORY_BYTES = 8_000_000  # 20,000 rows
PIECE_BYTES = 262_144
GZIP = 16 + zlib.MAX_WBITS  # zlib's word for a gzip header (zlib.h, inflateInit2)
NO_TRADE = "NOSTATEMENTEXIST"  # nobody paid on that day


class Unpacking:
    """Takes a gzip file piece by piece; writes what is in it, no more than so many bytes."""

    def __init__(self, file: IO[bytes], bytes_max: int) -> None:
        self._file = file
        self._left = bytes_max
        self._gzip = zlib.decompressobj(GZIP)
        self._hash = hashlib.sha1(usedforsecurity=False)

    def take(self, piece: bytes) -> None:
        """Raises ProviderAway for what is no gzip, or too much."""
        while piece:
            try:
                data = self._gzip.decompress(piece, PIECE_BYTES)
            except zlib.error as error:
                raise away("a bill that is no gzip", error) from None
            self._left -= len(data)
            if self._left < 0:
                raise away("a bill that is too large")
            self._hash.update(data)
            self._file.write(data)
            piece = self._gzip.unconsumed_tail

    def is_whole(self, sha1: str) -> bool:
        """Whether it has come to its end, and what was in it has that hash, in hexadecimal digits."""
        return self._gzip.eof and hmac.compare_digest(self._hash.hexdigest(), sha1.lower())


async def bill(config: WechatpayConfig, gateway: Gateway, day: date) -> AsyncIterator[BillRow]:
    """Its rows; none when nobody paid. Raises ProviderAway, also for a bill that is not made yet."""
    try:
        there = await gateway.ask(lambda library: library.trade_bill(day.isoformat()), Bill)
    except Refused as refused:
        if refused.code == NO_TRADE:
            return
        raise away(f"no bill: {refused.code}") from None
    if there.hash_type != "SHA1":
        raise away("a bill with a hash of another kind")
    with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as file:
        unpacking = Unpacking(file, config.wechatpay_bill_bytes_max)
        await gateway.download(there.download_url, unpacking.take)
        if not unpacking.is_whole(there.hash_value):
            raise away("a bill that is not whole")
        file.seek(0)
        try:
            with TextIOWrapper(file, "utf-8", newline="\n") as text:
                for row in rows(text):
                    yield row
        except (Unreadable, UnicodeDecodeError) as error:
            log.error("wechatpay.bill_unreadable", extra={"day": day.isoformat(), "reason": str(error)})
            raise away("a bill that cannot be read", error) from None
