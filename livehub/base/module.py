"""Modules: what a package adds to the product, declared as one value; and the parts that a process makes of it.

`livehub/app.py` has the list of modules. Everything that is general goes through that list: the parts of a process and their
start and stop, routes, socket events, subscriptions, jobs, settings, refusals, migrations, retention, OpenAPI, the generated
documents, and the table of who may call what. To add a feature is to add a package with its Module, and one line there.

    MODULE = Module(name="loyalty", settings=LoyaltyConfig, build=Loyalty, events=(PointsGiven,), migrations=__path__)

    class Loyalty(Part):
        def __init__(self, context: Context) -> None: ...
        def endpoints(self): return [get("/api/me/points", self.mine, reply=Points)]

A module is a value: making it starts nothing and reads no environment. `build` is called once in each process that has one of
the module's roles, after those of the modules before it in the list, whose parts it may ask the context for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from aiohttp import web
from msgspec import Struct

from livehub.base.auth import Tokens
from livehub.base.clock import Clock
from livehub.base.config import Config, Settings, own_fields
from livehub.base.control import ControlMessage
from livehub.base.db import Database, Transaction
from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.events import Subscription, type_of
from livehub.base.jobs import Task
from livehub.base.notice_templates import NoticeTemplate
from livehub.base.person_tables import PersonTable
from livehub.base.raw_calls import RawCall


class ModuleError(Exception):
    """The list of modules cannot be: two claim the same thing, or one contradicts itself. The text says what, and who."""


class ProcessRole(Enum):
    """What a process does. A single process has all roles; a node of several gives each its own."""

    SOCKETS = "sockets"  # viewers' sockets, HTTP, pages
    MEDIA = "media"  # cameras, programs, recordings
    JOBS = "jobs"  # durable jobs and reactions to events
    STOCK = "stock"  # decides who gets units; of all such processes one leads
    LOG = "log"  # writes the transparency log; of all such processes one leads

    __hash__ = object.__hash__


ALL_ROLES = frozenset(ProcessRole)

P = TypeVar("P")
T = TypeVar("T")
S = TypeVar("S", bound=Config)


class SocketEvent(Struct, frozen=True, kw_only=True):
    """An event that clients send: its name, its body, and the acknowledgement when it is not refused.

    `cost`: what it takes of its socket's allowance at most, in events that are as cheap as a like (20 us of the event loop);
    its handler charges what is more than one. Who comes too early is told to wait for all of it.
    """

    name: str
    body: type[Struct]
    reply: type[Struct]
    cost: float = 1.0


class Job(Struct, frozen=True, kw_only=True):
    """A durable job, run at least once. `cron`: when it runs by itself, with `timestamp`, the moment it was due (Unix s)."""

    name: str
    run: Task
    cron: str | None = None


class Retention(Struct, frozen=True, kw_only=True):
    """Rows that are kept for a time only, deleted in batches by an hourly job.

    `query` takes what `arguments(settings, now_ms)` gives and, last, how many rows it may take; it returns how many it took.
    `query_of` makes it, where it depends on what the tables of all modules hold of people.
    `in_real_time`: its rows are stamped by machines, not with business time; `now_ms` is the time that they are stamped with.
    """

    table: str
    query: str = ""
    arguments: Callable[[Settings, int], Sequence[Any]]
    in_real_time: bool = False
    query_of: Callable[[Sequence[PersonTable]], str] | None = None


def kept_for(section: type[S], *fields: str, also: Sequence[str] = ()) -> Callable[[Settings, int], Sequence[Any]]:
    """Arguments of a query: for each setting in `fields` (s) the moment that long ago (Unix ms); then `also`."""

    def arguments(settings: Settings, now_ms: int) -> Sequence[Any]:
        config = settings.of(section)
        return [*(now_ms - getattr(config, name) * 1000 for name in fields), *(getattr(config, name) for name in also)]

    return arguments


class Part:
    """What a module is in one process. Every method may be left as it is."""

    def endpoints(self) -> Sequence[Endpoint]:
        """Typed HTTP calls."""
        return ()

    def raw_calls(self) -> Sequence[RawCall]:
        """Of what `attach` routes, what others call: they are in the OpenAPI document."""
        return ()

    def socket_handlers(self) -> Mapping[str, Callable[[Any, Any], Any]]:
        """Who takes which of the module's socket events: handler(connection, body) -> acknowledgement or an awaitable of it."""
        return {}

    def subscriptions(self) -> Sequence[Subscription]:
        """Reactions to domain events, in processes with the role JOBS."""
        return ()

    def jobs(self) -> Sequence[Job]:
        """Durable jobs, in processes with the role JOBS."""
        return ()

    def attach(self, app: web.Application) -> None:
        """Route what is not a typed call."""

    async def start(self) -> None:
        """Begin; must not wait for PostgreSQL or the broker to be there."""

    async def drain(self) -> None:
        """First of all at a stop, in all parts at once: take nothing new, and send clients away."""

    async def stop(self) -> None:
        """End, within the time that is left for a stop; parts are stopped in the opposite order of their start."""

    def away(self) -> Iterable[str]:
        """What it needs and has not, by name: the process is degraded."""
        return ()

    # --- people, beside the rows of tables that the module declares (person_tables.py) ---

    async def person_merged(self, tx: Transaction, was: str, person: str, *, now_ms: int) -> Sequence[str]:
        """`was` turned out to be `person`: let what rooms say of the one hold for the other.

        Gives what it did, for `person_unmerged`; nothing the second time. `now_ms`: business time.
        """
        del tx, was, person, now_ms
        return ()

    async def person_unmerged(self, tx: Transaction, was: str, person: str, did: Sequence[str], *, now_ms: int) -> None:
        """They are two after all: take back what `person_merged` did."""

    async def person_erased(self, tx: Transaction, person: str, stand_in: str, *, now_ms: int) -> None:
        """`person` is to be forgotten: let rooms show no more of them, with `stand_in` where an id must be. Rows come
        afterwards. Done twice is done once."""


class Context:
    """What a process gives to the parts it builds."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        tokens: Tokens,
        *,
        modules: "Sequence[Module]" = (),
        roles: frozenset[ProcessRole],
        clock: Clock,
    ) -> None:
        self.settings = settings
        self.database = database
        self.tokens = tokens
        self.modules = modules
        self.roles = roles
        self.clock = clock
        self.now_s = clock.now_s  # business time, Unix seconds
        self.parts: list[tuple[Module, Part]] = []  # those built so far, in the order of the list
        self._provided: dict[Any, Any] = {}

    def config(self, section: type[S]) -> S:
        """The settings of one package."""
        return self.settings.of(section)

    def provide(self, kind: Any, value: object) -> None:
        """Offer `value` to other parts: a part under its class, or what fills a Protocol that a lower package declares."""
        self._provided[kind] = value

    def get(self, kind: type[P]) -> P:
        """The part of that class. Raises ModuleError if there is none: its module is not before this one in the list, or not in
        this process.
        """
        if kind not in self._provided:
            raise ModuleError(f"there is no {kind.__name__} in this process, or its module comes later in the list")
        found: P = self._provided[kind]
        return found

    def find(self, kind: type[P]) -> P | None:
        """The same; None if there is none."""
        found: P | None = self._provided.get(kind)
        return found

    def port(self, protocol: Any) -> Any:
        """What fills a Protocol; None if no module does. Asked for when it is needed: the module may be a later one."""
        return self._provided.get(protocol)


Build = Callable[[Context], Part]


class Module(Struct, frozen=True, kw_only=True):
    """One package's contribution.

    `roles`: the processes that build its part. `home`: the role whose process answers `paths` (as aiohttp routes them, all
    methods); the others of a node forward them there, and need neither its part nor its packages.
    `schemas`: Structs of HTTP bodies, for the types of the pages. `of_rooms`: what belongs to a room, by the variable that
    names it in paths, with the query for that room ($1 its id), so that a host changes what is of their own rooms alone.
    """

    name: str
    build: Build
    roles: frozenset[ProcessRole] = ALL_ROLES
    home: ProcessRole | None = None
    paths: tuple[str, ...] = ()
    settings: type[Config] | None = None
    errors: tuple[type[LivehubError], ...] = ()
    socket_events: tuple[SocketEvent, ...] = ()
    control_messages: tuple[ControlMessage[Any, Any], ...] = ()
    events: tuple[type[Struct], ...] = ()
    notices: tuple[NoticeTemplate[Any], ...] = ()
    retention: tuple[Retention, ...] = ()
    migrations: Path | None = None
    person_tables: tuple[PersonTable, ...] = ()
    schemas: tuple[type[Struct], ...] = ()
    of_rooms: Mapping[str, str] = {}

    def is_in(self, roles: frozenset[ProcessRole]) -> bool:
        """Whether a process of these roles builds its part; one that is in all roles is in a process of none, too."""
        return self.roles == ALL_ROLES or bool(self.roles & roles)


def defined_in(module: ModuleType, base: type[T]) -> tuple[type[T], ...]:
    """The subclasses of `base` that a Python module defines itself, in their order: its errors, or its Structs."""
    own = (value for value in vars(module).values() if isinstance(value, type) and value.__module__ == module.__name__)
    return tuple(value for value in own if issubclass(value, base) and value is not base)


def sections(modules: Iterable[Module]) -> list[type[Config]]:
    """The settings that modules declare."""
    return [module.settings for module in modules if module.settings is not None]


def migration_folders(modules: Iterable[Module]) -> list[Path]:
    """Where modules keep their revisions."""
    folders = [module.migrations for module in modules if module.migrations is not None]
    for folder in folders:
        if not any(folder.glob("*.py")):
            raise ModuleError(f"there are no migrations in {folder}")
    return folders


def check_modules(modules: Iterable[Module]) -> None:
    """Raise ModuleError when two modules claim the same name, setting, refusal, event or notice."""
    listed = list(modules)
    declared: list[type[Config]] = [Config, *dict.fromkeys(s for s in sections(listed) if s is not Config)]
    claims = {
        "module": [(module.name, module.name) for module in listed],
        "setting": [(name, section.__name__) for section in declared for name in _settings_of(section)],
        "refusal's code": [(str(error.code), error.__name__) for module in listed for error in _numbered(module)],
        "refusal's name": [(error.name, error.__name__) for module in listed for error in _numbered(module)],
        "socket event": [(event.name, module.name) for module in listed for event in module.socket_events],
        "body": [(schema.__name__, module.name) for module in listed for schema in module.schemas],
        "migrations": [(str(folder), module.name) for module in listed if (folder := module.migrations)],
        "person table": [(each.table, module.name) for module in listed for each in module.person_tables],
        "thing of rooms": [(name, module.name) for module in listed for name in module.of_rooms],
        "notice": [(notice.name, module.name) for module in listed for notice in module.notices],
        "domain event": [(type_of(event), module.name) for module in listed for event in module.events],
    }
    for what, claimed in claims.items():
        check_unique(what, claimed)


def _settings_of(section: type[Config]) -> list[str]:
    """Its own, those included that it declares again though its base has them."""
    again = section.__annotations__.keys() & Config.__struct_fields__ if section is not Config else set()
    return [*(field.name for field in own_fields(section)), *sorted(again)]


def check_handlers(module: Module, part: Part) -> None:
    """Raise ModuleError unless the part takes just the socket events that its module declares."""
    declared, taken = {event.name for event in module.socket_events}, set(part.socket_handlers())
    if declared != taken:
        odd = ", ".join(sorted(declared ^ taken))
        raise ModuleError(f"module {module.name}: socket events are declared, or taken, and not both: {odd}")


def check_unique(what: str, claimed: Iterable[tuple[str, str]]) -> None:
    """`claimed`: (what is claimed, by whom). Raises ModuleError for what is claimed twice."""
    owners: dict[str, str] = {}
    for value, owner in claimed:
        if value in owners:
            raise ModuleError(f"two modules have the same {what}, {value}: {owners[value]} and {owner}")
        owners[value] = owner


def _numbered(module: Module) -> list[type[LivehubError]]:
    """Its refusals; a defect has the number of the base class on purpose."""
    return [error for error in module.errors if error.code != LivehubError.code]
