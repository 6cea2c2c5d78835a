"""Batches as a module: their codes, steps, lineage, boxes, labels and scans."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from aiohttp import web
from msgspec import Struct

from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.module import Context, Module, Part, defined_in
from livehub.base.raw_calls import RawCall
from livehub.people.food_batches import FoodBatches
from livehub.people.order_lines import OrderLines
from trace.batches import errors, schemas, sheet_schemas
from trace.batches.batches_api import BatchesApi
from trace.batches.boxes_api import BoxesApi
from trace.batches.contents import Contents
from trace.batches.person_tables import PERSON_TABLES
from trace.batches.scans import Scans
from trace.batches.settings import BatchesConfig
from trace.batches.sheets_api import SheetsApi
from trace.gs1 import errors as gs1_errors
from trace.log.module import Log


class Batches(Part):
    def __init__(self, context: Context) -> None:
        core, config, database = context.settings.core, context.config(BatchesConfig), context.database
        log = context.get(Log)
        leaves = log.leaves if log.reader is not None else None  # else nothing is published here
        context.provide(FoodBatches, Contents(lineage_max=config.batch_lineage_max))
        self.scans = Scans(config, database)
        self._boxes = BoxesApi(core, config, database, partial(context.port, OrderLines))
        sheets = SheetsApi(core, database, self._boxes.url)
        self._apis = (BatchesApi(core, config, database, leaves), self._boxes, sheets, self.scans)

    def endpoints(self) -> Sequence[Endpoint]:
        return [endpoint for api in self._apis for endpoint in api.endpoints()]

    def raw_calls(self) -> Sequence[RawCall]:
        return self._boxes.raw_calls()

    def attach(self, app: web.Application) -> None:
        self._boxes.attach(app)

    async def start(self) -> None:
        self.scans.start()

    async def stop(self) -> None:
        await self.scans.stop()


BATCHES = Module(
    name="batches",
    build=Batches,
    settings=BatchesConfig,
    errors=(*defined_in(gs1_errors, LivehubError), *defined_in(errors, LivehubError)),
    migrations=Path(__file__).parent / "migrations",
    person_tables=PERSON_TABLES,
    schemas=(*defined_in(schemas, Struct), *defined_in(sheet_schemas, Struct)),
)
