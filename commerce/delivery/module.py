"""Delivery as a module: areas, pick-up points, windows."""

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct

from commerce.delivery import errors, schemas
from commerce.delivery.areas_api import AreasApi
from commerce.delivery.making import WindowMaker
from commerce.delivery.person_tables import PERSON_TABLES
from commerce.delivery.settings import DeliveryConfig
from commerce.delivery.slots_api import SlotsApi
from commerce.delivery.windows_api import WindowsApi
from commerce.flashsale.client import StockClient
from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.module import Context, Job, Module, Part, defined_in
from livehub.people.list_files import ListFiles


class Delivery(Part):
    def __init__(self, context: Context) -> None:
        config, database, client = context.config(DeliveryConfig), context.database, context.get(StockClient)
        zone = ZoneInfo(config.time_zone)
        files = ListFiles(config, database, context.clock.real_s)
        self._maker = WindowMaker(zone, config.delivery_ahead_days, database, client, context.now_s)
        self._apis = (
            SlotsApi(config, database),
            AreasApi(config, database, files),
            WindowsApi(config, zone, database, client, self._maker, files),
        )

    def endpoints(self) -> Sequence[Endpoint]:
        return [endpoint for api in self._apis for endpoint in api.endpoints()]

    def jobs(self) -> Sequence[Job]:
        return self._maker.jobs()


DELIVERY = Module(
    name="delivery",
    build=Delivery,
    settings=DeliveryConfig,
    errors=defined_in(errors, LivehubError),
    migrations=Path(__file__).parent / "migrations",
    person_tables=PERSON_TABLES,
    schemas=defined_in(schemas, Struct),
)
