"""Composition: builds one process's application out of the floors below, and connects ports to adapters. Wiring only."""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from aiohttp import web

from commerce.catalogue.products import CatalogueApi, card_of
from commerce.coupons.coupons import Coupons
from livehub import VERSION, scrape
from livehub.base import errors, openapi
from livehub.base.auth import Tokens
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Endpoint
from livehub.base.http import HttpEdge, problem
from livehub.base.metrics import exposition
from livehub.hub.handover import Handover
from livehub.hub.hub import Hub
from livehub.loop import Loop
from livehub.pages import Pages
from livehub.relay import Relay
from livehub.room import wire
from media.desk import Desk

log = logging.getLogger("livehub.app")


class Application:
    """Everything one process serves. `jobs`: whether it runs durable jobs, too; `media`: whether it holds cameras and programs.

    A worker among others (`handover`) that does not hold them hands over to the process that does.
    """

    def __init__(
        self,
        config: Config,
        *,
        jobs: bool = True,
        media: bool = True,
        handover: Handover | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._scraper = scrape.Scraper(handover.folder, handover.socket_path()) if handover is not None else None
        self._is_stopping = False
        self.database = Database(config)
        self.tokens = Tokens(config.secret)
        self.hub = Hub(config, self.database, self.tokens, product_card=card_of, handover=handover, now_s=now_s)
        self.coupons = Coupons(config, self.database, self.hub.controls, now_s)
        self.catalogue = CatalogueApi(config, self.database)
        self.hub.dispatcher.on("claim", self.coupons.claim)
        self.hub.dispatcher.on("reserve", _no_sale)
        self._jobs = Loop(config, self.database, self.hub, self.coupons, now_s=now_s).runner() if jobs else None
        self._edge = HttpEdge(config, self.database, self.tokens, now_s=now_s)
        self._holds_media = media
        self.desk = Desk(config, self.database, self.hub, identify=self._edge.identify, now_s=now_s)
        self._relay = Relay(config, handover.folder) if handover is not None and not media else None
        self._openapi = msgspec.json.encode(openapi.document(self.endpoints(), version=VERSION))

    def endpoints(self) -> list[Endpoint]:
        """Every typed call this process answers."""
        return [*self._own_endpoints(), *self.desk.endpoints()]

    def _own_endpoints(self) -> list[Endpoint]:
        return [*self.hub.endpoints(), *self.catalogue.endpoints(), *self.coupons.endpoints()]

    def served(self) -> web.Application:
        """The aiohttp application; starting and stopping it starts and stops everything."""
        app = self._edge.application()
        for endpoint in self._own_endpoints():
            self._edge.add(app, endpoint)
        self._add_media(app)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get(scrape.OWN, scrape.own)
        app.router.add_get("/api/openapi.json", self._openapi_json)
        app.router.add_route("*", "/api/{rest:.*}", _nothing_here)
        self.hub.attach(app)
        Pages(Path(self._config.web_dist)).add(app)
        app.on_startup.append(lambda _: self.start())
        app.on_shutdown.append(lambda _: self.stop())
        return app

    def _add_media(self, app: web.Application) -> None:
        if self._relay is not None:
            for endpoint in self.desk.endpoints():
                app.router.add_route(endpoint.method, endpoint.path, self._relay.forward)
            self._relay.add(app)
            return
        for endpoint in self.desk.endpoints():
            self._edge.add(app, endpoint)
        self.desk.add(app)

    async def start(self) -> None:
        """Open the database pool and start every part."""
        await self.database.open()
        await self.hub.start()
        await self.coupons.start()
        if self._holds_media:
            await self.desk.start()
        if self._jobs is not None:
            self._jobs.start()

    async def stop(self) -> None:
        """Stop every part within `shutdown_grace_s`, whatever hangs."""
        self._is_stopping = True
        try:
            async with asyncio.timeout(self._config.shutdown_grace_s):
                if self._jobs is not None:
                    await self._jobs.stop()
                if self._holds_media:
                    await self.desk.stop()
                if self._relay is not None:
                    await self._relay.close()
                await self.coupons.stop()
                await self.hub.stop()
        except TimeoutError:
            log.warning("app.stop_timed_out")
        await self.database.close()

    # --- what operators ask ---

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "alive", "version": VERSION})

    async def _readyz(self, _request: web.Request) -> web.Response:
        away = self.hub.away()
        if self._is_stopping:
            return problem(errors.Unavailable("Not ready; stopping.", retry_after_ms=1_000))
        if not self.hub.database_reached:
            return problem(errors.Unavailable("Not ready; away: " + ", ".join(away) + ".", retry_after_ms=1_000))
        if away:  # rooms go on all the same, and no other node is better off
            return web.json_response({"status": "degraded", "away": away})
        return web.json_response({"status": "ready"})

    async def _metrics(self, _request: web.Request) -> web.Response:
        return scrape.response(exposition() if self._scraper is None else await self._scraper.text())

    async def _openapi_json(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._openapi, content_type="application/json")


async def _nothing_here(request: web.Request) -> web.StreamResponse:
    """Under /api/ no page is looked for. An address that is there for other methods is told them."""
    allowed: set[str] = set()
    for resource in request.app.router.resources():
        if resource.canonical.startswith("/api/") and resource is not request.match_info.route.resource:
            allowed |= (await resource.resolve(request))[1]
    if allowed:
        raise web.HTTPMethodNotAllowed(request.method, allowed)
    raise errors.NotFound


def _no_sale(_connection: object, _body: wire.Reserve) -> msgspec.Struct:
    """There are no sales yet, so none has the asked id."""
    raise errors.SaleNotFound
