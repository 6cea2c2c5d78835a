"""Journeys as a module: the GS1 resolver, and the story of a batch."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from aiohttp import web
from msgspec import Struct

from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.module import Context, Module, Part, defined_in
from livehub.base.raw_calls import RawCall
from livehub.hub.rooms.product_cards import ProductCards
from trace.batches.addresses import base_of
from trace.batches.errors import BatchNotFound, BoxNotFound
from trace.batches.module import Batches
from trace.batches.settings import BatchesConfig
from trace.coldchain.module import ColdChain
from trace.journey import schemas
from trace.journey.latest import latest
from trace.journey.resolver import Resolver
from trace.journey.script import address_of
from trace.journey.settings import JourneyConfig
from trace.journey.telling import Telling


class Journeys(Part):
    def __init__(self, context: Context) -> None:
        self._core = context.settings.core
        self._database = context.database
        config, batches = context.config(JourneyConfig), context.config(BatchesConfig)
        curves = context.get(ColdChain).curves
        self._telling = Telling(config, batches, context.database, partial(context.port, ProductCards), curves)
        scans = context.get(Batches).scans
        now_ms, script = (lambda: int(context.now_s() * 1000)), address_of(Path(self._core.web_dist))
        self._resolver = Resolver(self._core, config, self._telling, scans, now_ms, script)

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            get(
                "/api/batches/{batch}/journey", self.journey, query=schemas.JourneyQuery, reply=schemas.Journey,
                errors=(BatchNotFound, BoxNotFound),
            ),
            get("/api/batches/{batch}/latest", self.latest, reply=schemas.Latest, errors=(BatchNotFound,)),
        ]  # fmt: skip

    def raw_calls(self) -> Sequence[RawCall]:
        return self._resolver.raw_calls()

    def attach(self, app: web.Application) -> None:
        self._resolver.attach(app)

    async def journey(self, call: Call[None]) -> schemas.Journey:
        """The story of a batch, for everybody: each step with its place in the log."""
        base = base_of(call.request, self._core)
        return await self._telling.journey(call.path["batch"], call.query.serial, base, now_ms=call.now_ms)

    async def latest(self, call: Call[None]) -> schemas.Latest:
        """Where a batch is now, for everybody: its last step, and how warm it is on its way."""
        return await latest(self._database, call.path["batch"], now_ms=call.now_ms)


JOURNEY = Module(
    name="journey",
    build=Journeys,
    settings=JourneyConfig,
    schemas=defined_in(schemas, Struct),
)
