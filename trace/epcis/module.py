"""EPCIS as a module: capture and query over HTTP. Our own steps come by writing.py, in others' transactions."""

from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from livehub.base.config import Config
from livehub.base.errors import LivehubError
from livehub.base.http import HttpEdge
from livehub.base.module import Context, Module, Part, defined_in
from livehub.base.raw_calls import RawCall
from trace.epcis import errors
from trace.epcis.capture_api import CaptureApi
from trace.epcis.declared import CALLS
from trace.epcis.edge import EpcisEdge
from trace.epcis.errors import EpcisError
from trace.epcis.paging import PageTokens
from trace.epcis.person_tables import PERSON_TABLES
from trace.epcis.query_api import QueryApi
from trace.epcis.settings import EpcisConfig
from trace.epcis.trace_api import TraceApi


class Epcis(Part):
    def __init__(self, context: Context) -> None:
        core, config = context.config(Config), context.config(EpcisConfig)
        self._edge = EpcisEdge(config, context.get(HttpEdge))
        tokens = PageTokens(core.secret.encode(), config.epcis_page_token_ttl_s)
        self._captures = CaptureApi(core, context.database, context.clock, self._edge)
        self._queries = QueryApi(context.database, context.clock, self._edge, tokens)
        self._traces = TraceApi(context.database, context.clock, self._edge)

    def raw_calls(self) -> Sequence[RawCall]:
        return CALLS

    def attach(self, app: web.Application) -> None:
        """The addresses of EPCIS 2.0."""
        self._captures.attach(app)
        self._edge.add(app, "/events", get=self._queries.events, post=self._captures.capture_event)
        self._queries.attach(app)
        self._traces.attach(app)


EPCIS = Module(
    name="epcis",
    build=Epcis,
    settings=EpcisConfig,
    errors=tuple(each for each in defined_in(errors, LivehubError) if each is not EpcisError),
    migrations=Path(__file__).parent / "migrations",
    person_tables=PERSON_TABLES,
)
