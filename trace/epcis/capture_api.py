"""HTTP: documents and events on their way in. A capture is done when its job is told of; the job says what became of it.

By `GS1-Capture-Error-Behaviour` one event that is wrong, or was captured before, takes all of the document with it (rollback,
the default), or is left out (proceed). A document that is none is refused at once, and makes no job.
"""

import asyncio
import secrets
from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

import msgspec
from aiohttp import web

from livehub.base import bodies
from livehub.base.auth import Identity
from livehub.base.clock import Clock
from livehub.base.config import Config
from livehub.base.db import Database, Transaction
from livehub.base.errors import BadRequest, UnsupportedMediaType
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.people.audit import Act, record
from trace.epcis import validation
from trace.epcis.capturing import TRIES, Fault, Prepared, Q, captured, prepare, prepared, store
from trace.epcis.declared import JSON, ROOT
from trace.epcis.edge import EpcisEdge, answer, as_problem, parameters_of
from trace.epcis.errors import CaptureTooLarge, EpcisNotFound, EventCaptured, EventsInvalid, QueryInvalid
from trace.epcis.times import in_utc
from trace.epcis.validation import Document

BEHAVIOURS = ("rollback", "proceed")
ERRORS_MAX = 1_000  # of one job
JOBS_MAX = 100
LATEST_MS = 2**62


class CaptureApi:
    def __init__(self, core: Config, database: Database, clock: Clock, edge: EpcisEdge) -> None:
        self._core = core
        self._database = database
        self._clock = clock
        self._edge = edge
        self._checking = asyncio.Semaphore(edge.config.epcis_captures_at_once_max)

    def attach(self, app: web.Application) -> None:
        self._edge.add(app, "/capture", get=self.jobs, post=self.capture)
        self._edge.add(app, "/capture/{job}", get=self.job)

    async def _json(self, request: web.Request) -> Any:
        """Raises CaptureTooLarge, EventsInvalid."""
        limit = self._edge.config.epcis_capture_bytes_max
        if (request.content_length or 0) > limit:
            raise CaptureTooLarge(details={"bytes_max": limit})
        raw = await bodies.read_body(request, self._core, limit)
        if request.content_type not in JSON:
            raise UnsupportedMediaType("Send application/json or application/ld+json.")
        try:
            return msgspec.json.decode(raw)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise EventsInvalid(f"This is not JSON: {error}", details={"faults": [str(error)]}) from error

    async def capture(self, request: web.Request, identity: Identity) -> web.Response:
        """POST /capture"""
        behaviour = request.headers.get("GS1-Capture-Error-Behaviour", "rollback")
        if behaviour not in BEHAVIOURS:
            raise BadRequest("GS1-Capture-Error-Behaviour is rollback or proceed.")
        document = validation.document(await self._json(request))
        if document.faults:
            raise EventsInvalid(document.faults[0], details={"faults": list(document.faults)})
        limit = self._edge.config.epcis_capture_events_max
        if len(document.events) > limit:
            raise CaptureTooLarge(details={"events_max": limit})
        began_us = int(self._clock.now_s() * 1_000_000)
        members_max = self._edge.config.epcis_event_members_max
        async with self._checking:
            made, faults = await asyncio.to_thread(prepare, document, began_us, members_max=members_max)
        job = await self._run(identity, behaviour, made, faults, began_us)
        headers = {"Location": f"{ROOT}/capture/{job}", "GS1-Capture-Error-Behaviour": behaviour}
        return web.Response(status=202, headers=headers)

    async def _run(
        self, identity: Identity, behaviour: str, made: list[tuple[int, Prepared]], faults: list[Fault], began_us: int
    ) -> str:
        """The job's id. Raises EventCaptured where captures of the same events have met again and again."""
        began_ms = began_us // 1000
        job = ordered_id(began_ms, secrets.token_bytes(CHANCE_BYTES))

        async def work(tx: Transaction) -> None:
            kept, errors = await self._kept(tx, behaviour, made, faults)
            await store(tx, kept, began_us)
            await _audited(tx, identity, job, kept, began_ms)
            told = sorted(errors, key=lambda each: each.index)[:ERRORS_MAX]
            await tx.connection.execute(
                Q["add_job"], job, identity.id, behaviour, not errors, len(kept),
                [as_problem(each.error, index=each.index) for each in told], began_ms, int(self._clock.now_s() * 1000),
            )  # fmt: skip

        for _ in range(TRIES - 1):
            try:
                await self._database.run(work)
            except EventCaptured:  # by another capture in this moment: it is seen now
                continue
            return job
        await self._database.run(work)
        return job

    @staticmethod
    async def _kept(
        tx: Transaction, behaviour: str, made: list[tuple[int, Prepared]], faults: list[Fault]
    ) -> tuple[list[Prepared], list[Fault]]:
        """Which events are stored, and what is wrong with the others."""
        if not made:
            return [], faults
        again = await captured(tx, [each for _, each in made])
        errors = faults + [
            Fault(index=made[place][0], error=EventCaptured(details={"event_id": made[place][1].id})) for place in again
        ]
        if errors and behaviour == "rollback":
            return [], errors
        return [each for place, (_, each) in enumerate(made) if place not in again], errors

    async def capture_event(self, request: web.Request, identity: Identity) -> web.Response:
        """POST /events"""
        event = await self._json(request)
        now_us = int(self._clock.now_s() * 1_000_000)
        members_max = self._edge.config.epcis_event_members_max
        check = partial(prepared, event, Document(), now_us, is_alone=True, members_max=members_max)
        async with self._checking:
            made = await asyncio.to_thread(check)

        async def work(tx: Transaction) -> None:
            if await captured(tx, [made]):
                raise EventCaptured(details={"event_id": made.id})
            await store(tx, [made], now_us)
            await _audited(tx, identity, made.id, [made], now_us // 1000)

        await self._database.run(work)
        headers = {"Location": f"{ROOT}/events/{quote(made.id, safe='')}"}
        return answer({"eventID": made.id}, status=201, headers=headers)

    # --- jobs ---

    async def job(self, request: web.Request, _identity: Identity) -> web.Response:
        """GET /capture/{job}"""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(Q["job"], request.match_info["job"].replace("\0", ""))
        if row is None:
            raise EpcisNotFound
        return answer(_job(row))

    async def jobs(self, request: web.Request, _identity: Identity) -> web.Response:
        """GET /capture: the latest first."""
        count, before = JOBS_MAX, (LATEST_MS, "")
        for name, values in parameters_of(request):
            if name == "perPage" and _is_count(values[0]):
                count = int(values[0])
            elif name == "nextPageToken" and (at_ms := values[0].partition("-")[0]).isascii() and at_ms[:16].isdigit():
                before = (int(at_ms[:16]), values[0].partition("-")[2].replace("\0", ""))
            else:
                raise QueryInvalid(
                    f"{name[:120]}: is no parameter here, or not right", details={"parameter": name[:120]}
                )
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["jobs"], *before, count + 1)
        headers = {}
        if len(rows) > count:
            last = rows[count - 1]
            token = f"{last['created_ms']}-{last['id']}"
            headers["Link"] = f'<{ROOT}/capture?perPage={count}&nextPageToken={token}>; rel="next"'
        return answer([_job(row) for row in rows[:count]], headers=headers)


async def _audited(tx: Transaction, by: Identity, subject: str, kept: Sequence[Prepared], now_ms: int) -> None:
    if kept:
        act = Act(type="epcis_captured", subject=subject, data={"events": len(kept)})
        await record(tx.connection, [act], by=by, now_ms=now_ms)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(JOBS_MAX)) and 0 < int(text) <= JOBS_MAX


def _job(row: Any) -> dict[str, Any]:
    return {
        "captureID": row["id"],
        "createdAt": in_utc(row["created_ms"]),
        "finishedAt": in_utc(row["finished_ms"]),
        "running": False,
        "success": row["is_success"],
        "captureErrorBehaviour": row["behaviour"],
        "errors": msgspec.json.decode(row["errors"]),
    }
