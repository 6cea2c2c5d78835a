"""HTTP: readings of devices, which are known by their signature alone. No typed call, since that is of the body as it came."""

import time
from collections.abc import Callable

from aiohttp import web

from livehub.base import bodies
from livehub.base.addresses import client_network
from livehub.base.bounds import Bound, bounded
from livehub.base.config import Config
from livehub.base.limits import RateLimiter, check_wait
from livehub.base.raw_calls import RawCall
from trace.coldchain.errors import SignatureWrong
from trace.coldchain.intake import Intake
from trace.coldchain.settings import ColdChainConfig

PATH = "/api/sensors/{device}/readings"
SIGNATURE = "X-Signature"


class ReadingsApi:
    def __init__(
        self, core: Config, config: ColdChainConfig, intake: Intake, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._core = core
        self._config = config
        self._intake = intake
        self._monotonic_s = monotonic_s
        self._wrong = RateLimiter(
            per_s_max=config.sensor_bad_signatures_per_s_max,
            burst_max=config.sensor_bad_signatures_burst_max,
            keys_max=core.limiter_keys_max,
        )

    raw_call = RawCall(
        "POST", PATH, "Readings of a device, signed by it.", {200: ("application/json",)}, takes=("application/json",),
        headers=(SIGNATURE,), refuses=(SignatureWrong,),
    )  # fmt: skip

    def attach(self, app: web.Application) -> None:
        app.router.add_post(PATH, self._receive)

    @bounded(
        Bound.NONE, why="signed by its device, many behind one gateway; wrong signatures are counted by address here"
    )
    async def _receive(self, request: web.Request) -> web.Response:
        network = client_network(request, trust_proxy=self._core.trust_proxy)
        check_wait(self._wrong.peek_s(network, self._monotonic_s()))
        body = await bodies.read_body(request, self._core, self._config.sensor_body_bytes_max)
        try:
            answer = await self._intake.take(
                request.match_info["device"], body, request.headers.get(SIGNATURE, "").strip()
            )
        except SignatureWrong:
            self._wrong.wait_s(network, self._monotonic_s())
            raise
        return web.Response(body=answer, content_type="application/json")
