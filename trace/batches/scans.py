"""Who scans what: each unit and each person is counted once, and how often.

A scan is answered whether it could be counted or not: what waits to be written is bounded, and beyond that nothing is.
"""

import asyncio
from typing import Any

from prometheus_client import Counter

from livehub.base.auth import Permission, is_staff
from livehub.base.db import Database, Transaction
from livehub.base.endpoints import Call, Endpoint, post
from livehub.base.errors import LivehubError
from livehub.base.group_commit import GroupCommit
from livehub.base.metrics import REGISTRY
from trace.batches import schemas, store
from trace.batches.boxes_api import Q
from trace.batches.errors import BatchNotFound, BoxNotFound
from trace.batches.settings import BatchesConfig
from trace.gs1.digital_links import DigitalLink
from trace.gs1.element_strings import scanned
from trace.gs1.errors import CodeUnreadable

SCANS = Counter(
    "livehub_scans", "Scans of codes: counted, or dropped because too many waited", ["outcome"], registry=REGISTRY
)

Row = tuple[str, str, str, int]
"""Batch, serial or "", person or "", when (Unix ms)."""


class Scans:
    def __init__(self, config: BatchesConfig, database: Database) -> None:
        self._database = database
        self._commits: GroupCommit[Row, None] = GroupCommit(
            "scans", self._write, batch_max=config.scans_batch_max, pending_max=config.scans_pending_max
        )

    def endpoints(self) -> list[Endpoint]:
        return [
            post(
                "/api/scans", self.scan, may=Permission.WATCH, body=schemas.ScanRequest, reply=schemas.Scanned, writes=False,
                errors=(CodeUnreadable, BatchNotFound, BoxNotFound),
            )
        ]  # fmt: skip

    def start(self) -> None:
        self._commits.start()

    async def stop(self) -> None:
        await self._commits.stop()

    async def scan(self, call: Call[schemas.ScanRequest]) -> schemas.Scanned:
        """What a code is of. It is counted for whoever asks, but for staff."""
        read = scanned(call.body.code)
        link = read.link
        batch = await self.found(link)
        if call.identity is None or not is_staff(call.identity.role):
            person = "" if call.identity is None else call.identity.id
            self.count(batch, link.value("21"), person, now_ms=call.now_ms)
        return schemas.Scanned(
            batch=batch,
            gtin=link.value("01"),
            lot=link.value("10"),
            serial=link.value("21"),
            path=link.path(),
            says=read.says,
        )

    async def found(self, link: DigitalLink) -> str | None:
        """The batch of a code; None: it is not of one. Raises BatchNotFound; BoxNotFound for a serial that we never made."""
        gtin, lot, serial = link.value("01"), link.value("10"), link.value("21")
        if gtin is None or lot is None:
            return None
        async with self._database.connection() as connection:
            batch: str | None = await connection.fetchval(store.Q["of_lot"], gtin, lot)
            if batch is None:
                raise BatchNotFound
            if serial is not None and await connection.fetchrow(Q["box"], gtin, lot, serial) is None:
                raise BoxNotFound
        return batch

    def count(self, batch: str | None, serial: str | None, person: str, *, now_ms: int) -> None:
        """Soon. `person`: "" where nobody can be told from others."""
        if batch is None:
            return
        try:
            waiting: asyncio.Future[Any] = self._commits.add((batch, serial or "", person, now_ms))
        except LivehubError:
            SCANS.labels("dropped").inc()
            return
        waiting.add_done_callback(_counted)

    async def _write(self, batch: list[Row]) -> list[LivehubError | None]:
        async def write(tx: Transaction) -> None:
            await tx.connection.execute(Q["scan"], *(list(column) for column in zip(*batch, strict=True)))

        await self._database.batch.run(write)
        return [None] * len(batch)


def _counted(scan: "asyncio.Future[Any]") -> None:
    is_lost = scan.cancelled() or scan.exception() is not None
    SCANS.labels("dropped" if is_lost else "counted").inc()
