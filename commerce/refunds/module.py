"""Refunds as a module."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from commerce.orders.looking import RefundedUnits
from commerce.refunds import errors, schemas
from commerce.refunds.api import RefundsApi
from commerce.refunds.events import RefundRejected
from commerce.refunds.person_tables import PERSON_TABLES
from commerce.refunds.settings import RefundsConfig
from commerce.refunds.store import Gone
from commerce.refunds.weights_api import WeightsApi
from livehub.base.config import Config
from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.module import Context, Module, Part, defined_in
from livehub.people.list_files import ListFiles


class Refunds(Part):
    def __init__(self, context: Context) -> None:
        core = context.config(Config)
        files = ListFiles(core, context.database, context.clock.real_s)
        self._api = RefundsApi(context.config(RefundsConfig), core, context.database, files)
        self._weights = WeightsApi(core, context.database)
        context.provide(RefundedUnits, Gone())

    def endpoints(self) -> Sequence[Endpoint]:
        return [*self._api.endpoints(), *self._weights.endpoints()]


REFUNDS = Module(
    name="refunds",
    build=Refunds,
    settings=RefundsConfig,
    migrations=Path(__file__).parent / "migrations",
    errors=defined_in(errors, LivehubError),
    events=(RefundRejected,),
    person_tables=PERSON_TABLES,
    schemas=defined_in(schemas, Struct),
)
