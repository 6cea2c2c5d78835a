"""The cold chain as a module: sensors, readings, rules, shipments, and what broke them."""

import time
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web
from msgspec import Struct

from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.module import Context, Module, Part, ProcessRole, Retention, defined_in, kept_for
from livehub.base.raw_calls import RawCall
from livehub.base.tasks import Tasks
from trace.coldchain import errors, schemas
from trace.coldchain.curves_api import CurvesApi
from trace.coldchain.devices_api import DevicesApi
from trace.coldchain.events import ColdChainBreach, ColdChainCorrected, ColdChainReinstated, ColdChainWarning
from trace.coldchain.finding import Q
from trace.coldchain.intake import Intake
from trace.coldchain.judging import Judging
from trace.coldchain.keys import DeviceKeys
from trace.coldchain.mqtt import MqttIntake
from trace.coldchain.person_tables import PERSON_TABLES
from trace.coldchain.readings_api import ReadingsApi
from trace.coldchain.rules_api import RulesApi
from trace.coldchain.settings import ColdChainConfig
from trace.coldchain.shipments_api import ShipmentsApi
from trace.coldchain.silence import SilenceWatch


class ColdChain(Part):
    def __init__(self, context: Context) -> None:
        core, config, database = context.settings.core, context.config(ColdChainConfig), context.database
        keys = DeviceKeys(
            database,
            core.secret,
            kept_s=config.sensor_keys_cached_s,
            keys_max=config.sensor_keys_cached_max,
            monotonic_s=time.monotonic,
        )
        self.intake = Intake(config, database, keys, context.now_s)
        self.silence = SilenceWatch(config, database, context.now_s)
        self.judging = Judging(config, database, context.now_s, self.intake.count_found)
        self.curves = CurvesApi(core, config, database)
        self._watches = ProcessRole.JOBS in context.roles
        self._readings = ReadingsApi(core, config, self.intake)
        self.curves = CurvesApi(core, config, database)
        self._apis = (
            DevicesApi(core, config, database, keys),
            RulesApi(database),
            ShipmentsApi(core, config, database),
            self.curves,
        )
        self.mqtt = MqttIntake(config, database, self.intake) if config.mqtt_url and self._watches else None
        self._tasks = Tasks()

    def endpoints(self) -> Sequence[Endpoint]:
        return [endpoint for api in self._apis for endpoint in api.endpoints()]

    def raw_calls(self) -> Sequence[RawCall]:
        return [self._readings.raw_call]

    def attach(self, app: web.Application) -> None:
        self._readings.attach(app)

    async def start(self) -> None:
        self.intake.start()
        if self._watches:
            self._tasks.start("silent sensors", self.silence.run)
            self._tasks.start("judging", self.judging.run)
        if self.mqtt is not None:
            self._tasks.start("sensor messages", self.mqtt.run)

    async def stop(self) -> None:
        await self._tasks.stop()
        await self.intake.stop()


COLDCHAIN = Module(
    name="coldchain",
    build=ColdChain,
    settings=ColdChainConfig,
    errors=defined_in(errors, LivehubError),
    events=(ColdChainBreach, ColdChainWarning, ColdChainCorrected, ColdChainReinstated),
    retention=(
        Retention(
            table="sensor_set_aside", query=Q["forget_set_aside"], arguments=kept_for(ColdChainConfig, "sensor_kept_s")
        ),
        Retention(
            table="sensor_batches", query=Q["forget_batches"], arguments=kept_for(ColdChainConfig, "sensor_kept_s")
        ),
    ),
    migrations=Path(__file__).parent / "migrations",
    person_tables=PERSON_TABLES,
    schemas=defined_in(schemas, Struct),
)
