"""HTTP: all events of a lot, forward and back, as an EPCIS document; or the sheet of FSMA 204, as CSV or XLSX by `Accept`.

Beside the resources of the standard: /epcs/{epc}/trace.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC

from aiohttp import web

from livehub.base import csv, xlsx
from livehub.base.auth import Identity
from livehub.base.clock import Clock
from livehub.base.csv import Cell
from livehub.base.db import Database
from livehub.people import list_files
from trace.epcis import lineage
from trace.epcis.edge import EpcisEdge, answer
from trace.epcis.errors import EpcisNotFound
from trace.epcis.exporting import FSMA_COLUMNS, document, fsma_rows


class TraceApi:
    def __init__(self, database: Database, clock: Clock, edge: EpcisEdge) -> None:
        self._database = database
        self._clock = clock
        self._edge = edge

    def attach(self, app: web.Application) -> None:
        self._edge.add(app, "/epcs/{value}/trace", get=self.trace)

    async def trace(self, request: web.Request, _identity: Identity) -> web.Response:
        """GET /epcs/{epc}/trace"""
        uri = request.match_info["value"].replace("\0", "")
        async with self._database.connection() as connection:
            steps = await lineage.trace(connection, uri, self._edge.config)
        if not steps:
            raise EpcisNotFound
        events = [each.event for each in steps]
        if not list_files.is_wanted(request):
            return answer(document(events, int(self._clock.now_s() * 1000)))
        rows = await asyncio.to_thread(lambda: [list(row) for row in fsma_rows(events)])
        if "text/csv" in request.headers["Accept"]:
            pieces, kind, ending = csv.pieces(FSMA_COLUMNS, _pages(rows)), csv.CONTENT_TYPE, "csv"
        else:
            pieces = xlsx.pieces("FSMA 204", FSMA_COLUMNS, _pages(rows), zone=UTC)
            kind, ending = xlsx.CONTENT_TYPE, "xlsx"
        body = b"".join([each async for each in pieces])
        headers = {"Content-Type": kind, "Content-Disposition": f'attachment; filename="fsma-204.{ending}"'}
        return web.Response(body=body, headers=headers)


async def _pages(rows: Sequence[Sequence[Cell]]) -> AsyncIterator[Sequence[Sequence[Cell]]]:
    yield rows
