"""Composition: the list of modules, and one process's application made of their parts. Wiring only.

MODULES            one line a package, in the order in which parts are built and started
DEMO_MODULES       those, and what is there in `demo` alone
settings(...)      what all of them read
Application(...)   the parts of one process, served
"""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from aiohttp import web
from croniter import croniter
from yarl import URL

from commerce.cases.module import CASES
from commerce.catalogue.module import CATALOGUE
from commerce.coupons.module import COUPONS
from commerce.delivery.module import DELIVERY
from commerce.flashsale.module import FLASHSALE
from commerce.ledger.module import LEDGER
from commerce.orders.module import ORDERS
from commerce.payments.bills.module import BILLS
from commerce.payments.module import PAYMENTS
from commerce.payments.sandbox.module import SANDBOX
from commerce.payments.stripe.module import STRIPE
from commerce.payments.wechatpay.module import WECHATPAY
from commerce.reconciliation.module import RECONCILIATION
from commerce.refunds.module import REFUNDS
from commerce.sales.module import SALES
from livehub import VERSION
from livehub.base import config as configuration
from livehub.base import errors, openapi, tasks
from livehub.base.auth import Tokens
from livehub.base.base_module import BASE
from livehub.base.bounds import Bound, bounded
from livehub.base.clock import Clock
from livehub.base.config import Settings
from livehub.base.db import Database
from livehub.base.endpoints import Endpoint
from livehub.base.event_reader import EventReader
from livehub.base.events import type_of
from livehub.base.http import HttpEdge, problem
from livehub.base.jobs import JobRunner
from livehub.base.metrics import TASK_FAILURES, exposition
from livehub.base.module import (
    ALL_ROLES,
    Context,
    Module,
    ModuleError,
    Part,
    ProcessRole,
    check_handlers,
    check_modules,
    check_unique,
    migration_folders,
    sections,
)
from livehub.base.raw_calls import RawCall
from livehub.base.room_rights import RoomRights
from livehub.base.uploads.module import UPLOADS
from livehub.dev.module import DEV, MAILBOX
from livehub.hub.chat.module import CHAT
from livehub.hub.hub import Hub
from livehub.hub.inbox.module import INBOX
from livehub.hub.module import HUB
from livehub.hub.questions.module import QUESTIONS
from livehub.hub.quizzes.module import QUIZZES
from livehub.hub.sockets.session_forwarding import SessionForwarding
from livehub.node import node_metrics
from livehub.node.first_look import Known
from livehub.node.media_proxy import MediaProxy
from livehub.node.pages import Pages
from livehub.node.sharing import Shared
from livehub.notify.module import NOTIFY
from livehub.people.blocked.module import BLOCKED
from livehub.people.module import PEOPLE
from livehub.people.names import NAMES
from livehub.people.records import RECORDS
from livehub.reactions import REACTIONS
from livehub.retention import RETENTION
from livehub.room.controls import opaque
from livehub.room.models import in_language
from media.cors import answering_preflights, open_to_pages
from media.module import MEDIA
from media.room_messages import master_playlist
from trace.anchor.module import ANCHOR
from trace.batches.module import BATCHES
from trace.coldchain.module import COLDCHAIN
from trace.epcis.module import EPCIS
from trace.journey.module import JOURNEY
from trace.log.module import LOG

log = logging.getLogger("livehub.app")

MODULES: tuple[Module, ...] = (
    BASE,
    NAMES,
    UPLOADS,
    PEOPLE,
    BLOCKED,
    RECORDS,
    HUB,
    INBOX,
    CHAT,
    QUESTIONS,
    QUIZZES,
    NOTIFY,
    CATALOGUE,
    FLASHSALE,
    COUPONS,
    SALES,
    LEDGER,
    DELIVERY,
    PAYMENTS,
    SANDBOX,
    WECHATPAY,
    STRIPE,
    BILLS,
    ORDERS,
    REFUNDS,
    CASES,
    RECONCILIATION,
    LOG,
    EPCIS,
    ANCHOR,
    BATCHES,
    COLDCHAIN,
    JOURNEY,
    MEDIA,
    REACTIONS,
    RETENTION,
)
DEMO_MODULES = (DEV, MAILBOX, *MODULES)  # first, since the others go by its time from their start on
MIGRATIONS = migration_folders(MODULES)

OPENAPI = "/api/openapi.json"
VARIABLE = re.compile(r"\{[^}]*\}")  # of an address

P = TypeVar("P")


def settings(
    environ: Mapping[str, str] | None = None, *, modules: Sequence[Module] = DEMO_MODULES, **values: Any
) -> Settings:
    """What all modules read, those of `demo` too, out of `environ`; `values` (field=value) win. Raises ConfigError."""
    return configuration.load(environ or {}, sections(modules), **values)


class Application:
    """Everything one process serves, by its roles.

    `forwarding`: to the other processes of the node that share the port. `forwards_media`: whether one of them holds media;
    calls of modules whose home it is are then forwarded to it. `now_s`: real time, Unix seconds.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        modules: Sequence[Module] = MODULES,
        roles: frozenset[ProcessRole] = ALL_ROLES,
        forwarding: SessionForwarding | None = None,
        forwards_media: bool = True,
        now_s: Callable[[], float] = time.time,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._config = settings.core
        self._roles = roles
        self._is_stopping = False
        self.database = Database(self._config)
        self.tokens = Tokens(self._config.secret)
        clock = Clock(now_s)
        self._edge = HttpEdge(self._config, self.database, self.tokens, clock=clock, monotonic_s=monotonic_s)
        self.context = Context(settings, self.database, self.tokens, modules=modules, roles=roles, clock=clock)
        self.context.provide(HttpEdge, self._edge)
        if forwarding is not None:
            self.context.provide(SessionForwarding, forwarding)
        check_modules(modules)
        self._parts = self.context.parts
        for module in modules:
            if module.is_in(roles):
                part = _built(module, self.context)
                check_handlers(module, part)
                if type(part) is not Part and self.context.find(type(part)) is not None:
                    raise ModuleError(f"module {module.name}: there is a part of its class already")
                self.context.provide(type(part), part)
                self._parts.append((module, part))
        self._edge.room_rights = self.context.port(RoomRights)
        self._check_parts()
        self.get(Hub).listen_to(
            (event, handlers[event.name])
            for module, part in self._parts
            for handlers in (part.socket_handlers(),)
            for event in module.socket_events
        )
        self._jobs = self._job_runner() if ProcessRole.JOBS in roles else None
        self._events = self._event_reader() if ProcessRole.JOBS in roles else None
        self._scraper = node_metrics.Scraper(forwarding.folder, forwarding.socket_path()) if forwarding else None
        forwards_media = forwards_media and ProcessRole.MEDIA not in roles
        self._proxy = MediaProxy(self._config, forwarding.folder) if forwarding and forwards_media else None

    def get(self, kind: type[P]) -> P:
        """The part of that class. Raises ModuleError if no module built one."""
        return self.context.get(kind)

    def endpoints(self) -> list[Endpoint]:
        """Every typed call this process answers by itself."""
        return [endpoint for _, part in self._parts for endpoint in part.endpoints()]

    def raw_calls(self) -> list[RawCall]:
        """Those that are declared of what is no typed call."""
        return [call for _, part in self._parts for call in part.raw_calls()]

    def _check_parts(self) -> None:
        """Raise ModuleError when two parts answer the same call, or have a job or a subscription of the same name."""
        calls = [(f"GET {path}", "livehub") for path in (OPENAPI, "/healthz", "/readyz", "/metrics")]
        calls += [
            (f"{e.method} {VARIABLE.sub('{}', e.path)}", module.name)
            for module, part in self._parts
            for e in part.endpoints()
        ]
        jobs = [(job.name, module.name) for module, part in self._parts for job in part.jobs()]
        readers = [(s.name, module.name) for module, part in self._parts for s in part.subscriptions()]
        for what, claimed in (("call", calls), ("job", jobs), ("subscription", readers)):
            check_unique(what, claimed)

    def _forwarded_paths(self) -> list[str]:
        """What the process that holds media answers; also for OpenAPI, whose document has all calls only there."""
        modules = [module for module in self.context.modules if module.home is ProcessRole.MEDIA]
        return [OPENAPI, *(path for module in modules for path in module.paths)]

    def _job_runner(self) -> JobRunner:
        jobs = [job for _, part in self._parts for job in part.jobs()]
        periodic = {job.name: job.cron for job in jobs if job.cron is not None}
        for name, cron in periodic.items():
            if not croniter.is_valid(cron):
                raise ModuleError(f"job {name}: {cron!r} is no cron expression")
        return JobRunner(self._config, self.database, {job.name: job.run for job in jobs}, periodic)

    def _event_reader(self) -> EventReader:
        subscriptions = [subscription for _, part in self._parts for subscription in part.subscriptions()]
        declared = {type_of(event) for module in self.context.modules for event in module.events}
        return EventReader(self._config, self.database, subscriptions, declared=declared)

    def served(self) -> web.Application:
        """The aiohttp application; starting and stopping it starts and stops everything."""
        app = self._edge.application()
        for _, part in self._parts:
            for endpoint in part.endpoints():
                self._edge.add(app, endpoint)
            part.attach(app)
        open_to_pages(app)  # also what is refused before it is handed over
        if self._proxy is not None:
            forward = answering_preflights(self._proxy.forward)
            for path in self._forwarded_paths():
                app.router.add_route("*", path, forward)
        else:
            opaque_types = opaque(self.get(Hub).controls.registry)
            openapi_document = partial(
                openapi.document, self.endpoints(), version=VERSION, opaque=opaque_types, raw_calls=self.raw_calls()
            )
            app.router.add_get(OPENAPI, _ComposedOnce(openapi_document).serve)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get(node_metrics.OWN, node_metrics.own)
        app.router.add_route("*", "/api/{rest:.*}", _nothing_here)
        origin = self._config.public_url and str(URL(self._config.public_url).origin())
        Pages(Path(self._config.web_dist), self._described, origin=origin).add(app)
        app.on_startup.append(lambda _: self.start())
        app.on_shutdown.append(lambda _: self.stop())
        return app

    async def _described(self, room: str, language: str) -> Shared | None:
        """A room as the card of a link shows it to a reader of that language."""
        summary = await self.get(Hub).listing.summary(room)
        if summary is None:
            return None
        title = in_language(summary.titles, summary.title, language)
        about = in_language(summary.host.names, summary.host.name, language)
        if summary.pin is not None:
            about += f" · {in_language(summary.pin.titles, summary.pin.title, language)}"
        hls = master_playlist(room) if summary.on_air and summary.show.status == "live" else None
        return Shared(title=title, about=about, poster=summary.poster, known=Known(room=summary, hls=hls))

    async def start(self) -> None:
        """Open the database pool and start every part."""
        await self.database.open()
        for _, part in self._parts:
            await part.start()
        if self._jobs is not None:
            self._jobs.start()
        if self._events is not None:
            self._events.start()

    async def stop(self) -> None:
        """Stop every part within `shutdown_grace_s`, whatever hangs; last what others stand on."""
        self._is_stopping = True
        ends_s = asyncio.get_running_loop().time() + self._config.shutdown_grace_s
        try:
            async with asyncio.timeout_at(ends_s):
                # Viewers are sent away at once, however long a job takes to end.
                await asyncio.gather(*self._drained())
                for module, part in reversed(self._parts):
                    await _ended(module.name, part.stop())
                if self._proxy is not None:
                    await _ended("proxy", self._proxy.close())
        except TimeoutError:
            log.warning("app.stop_timed_out")
        await self.database.close(max(0.0, ends_s - asyncio.get_running_loop().time()))

    def _drained(self) -> list[Awaitable[None]]:
        workers = [_ended("jobs", worker.stop()) for worker in (self._events, self._jobs) if worker is not None]
        return [*(_ended(module.name, part.drain()) for module, part in self._parts), *workers]

    # --- what operators ask ---

    def _away(self) -> list[str]:
        return [name for _, part in self._parts for name in part.away()]

    @bounded(Bound.NONE, why=node_metrics.FOR_MONITORING)
    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "alive", "version": VERSION})

    @bounded(Bound.NONE, why=node_metrics.FOR_MONITORING)
    async def _readyz(self, _request: web.Request) -> web.Response:
        away, failing = self._away(), tasks.failing()
        if self._is_stopping:
            return problem(errors.Unavailable("Not ready; stopping.", retry_after_ms=1_000))
        if not self.get(Hub).database_reached:
            return problem(errors.Unavailable("Not ready; away: " + ", ".join(away) + ".", retry_after_ms=1_000))
        if away or failing:  # rooms go on all the same, and no other node is better off
            return web.json_response({"status": "degraded", "away": away} | ({"failing": failing} if failing else {}))
        return web.json_response({"status": "ready"})

    @bounded(Bound.NONE, why=node_metrics.FOR_MONITORING)
    async def _metrics(self, _request: web.Request) -> web.Response:
        return node_metrics.response(exposition() if self._scraper is None else await self._scraper.text())


def _built(module: Module, context: Context) -> Part:
    """Its part. Raises ModuleError, with its name, when the list of modules is wrong."""
    try:
        return module.build(context)
    except ModuleError as error:
        raise ModuleError(f"module {module.name}: {error}") from error


async def _ended(what: str, work: Awaitable[None]) -> None:
    """One part that cannot end properly does not keep the others from it."""
    try:
        await work
    except Exception:
        TASK_FAILURES.labels(task=f"stop {what}").inc()
        log.exception("app.stop_failed", extra={"part": what})


class _ComposedOnce:
    """A document that is composed when it is first asked for. That of all endpoints takes longer than the rest of a start, so
    it is done in a thread, where nobody waits for it but who asked.
    """

    def __init__(self, compose: Callable[[], Any]) -> None:
        self._compose = compose
        self._lock = asyncio.Lock()
        self._body: bytes | None = None

    async def serve(self, _request: web.Request) -> web.Response:
        async with self._lock:
            if self._body is None:
                self._body = await asyncio.to_thread(lambda: msgspec.json.encode(self._compose()))
        return web.Response(body=self._body, content_type="application/json")


async def _nothing_here(request: web.Request) -> web.StreamResponse:
    """Under /api/ no page is looked for. An address that is there for other methods is told them."""
    allowed: set[str] = set()
    for resource in request.app.router.resources():
        if resource.canonical.startswith("/api/") and resource is not request.match_info.route.resource:
            allowed |= (await resource.resolve(request))[1]
    if allowed:
        raise web.HTTPMethodNotAllowed(request.method, allowed)
    raise errors.NotFound
