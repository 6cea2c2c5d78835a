"""Anchors as a module: what anchors in processes with the role JOBS, and in all others what is anchored."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct

from livehub.base.config import ConfigError
from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.module import Context, Module, Part, ProcessRole, defined_in
from livehub.base.tasks import Tasks
from trace.anchor import errors, rpc, schemas
from trace.anchor.anchors_api import AnchorsApi
from trace.anchor.health_api import HealthApi
from trace.anchor.leader import AnchorLeader, offer_metrics
from trace.anchor.protocol import WrongChain
from trace.anchor.rpc import RpcError
from trace.anchor.settings import AnchorConfig, kinds
from trace.log.settings import LogConfig

log = logging.getLogger("trace.anchor")

START_S = 3.0  # a node that does not answer for this long keeps nothing from starting


class Anchors(Part):
    def __init__(self, context: Context) -> None:
        self._config = context.config(AnchorConfig)
        self._api = AnchorsApi(self._config, context.database, context.clock.real_s)
        self._health = HealthApi(self._config, context.config(LogConfig), context.database, context.clock.real_s)
        self._tasks = Tasks()
        kinds_on = kinds(self._config) if ProcessRole.JOBS in context.roles else []
        self.leaders = [AnchorLeader(self._config, context.database, kind, context.clock.real_s) for kind in kinds_on]
        self._kinds = kinds_on
        offer_metrics(self.leaders)

    def endpoints(self) -> Sequence[Endpoint]:
        return [*self._api.endpoints(), *self._health.endpoints()]

    async def start(self) -> None:
        """Raises ConfigError where the node is of another chain than was configured, or certificates cannot be read."""
        if "evm" in self._kinds:
            await self._check_chain()
        if "rfc3161" in self._kinds:
            from trace.anchor.time_stamps import roots  # noqa: PLC0415  # an extra

            roots(Path(self._config.anchor_tsa_roots))
        for kind, leader in zip(self._kinds, self.leaders, strict=True):
            self._tasks.start("anchor", leader.run, of=kind)

    async def stop(self) -> None:
        await self._tasks.stop()

    async def _check_chain(self) -> None:
        config = self._config
        timeout_s = min(START_S, config.anchor_timeout_s)
        try:
            async with asyncio.timeout(timeout_s + 1.0):
                found = await asyncio.to_thread(partial(rpc.chain_id, config.anchor_evm_url, timeout_s=timeout_s))
        except (RpcError, TimeoutError) as error:
            log.warning("anchor.unreached", extra={"reason": str(error) or "no answer in time"})
            return
        if found != config.anchor_evm_chain_id:
            raise ConfigError(f"LIVEHUB_ANCHOR_EVM_URL: {WrongChain(config.anchor_evm_chain_id, found).reason}")


ANCHOR = Module(
    name="anchor",
    build=Anchors,
    settings=AnchorConfig,
    errors=defined_in(errors, LivehubError),
    migrations=Path(__file__).parent / "migrations",
    schemas=defined_in(schemas, Struct),
)
