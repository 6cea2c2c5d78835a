"""A module that no file of the product names (tests/toy/) works end to end in a running server, by one line in a list."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import pytest
from msgspec import Struct

from livehub.app import DEMO_MODULES, MODULES, Application, settings
from livehub.base.config import Config, ConfigError, described
from livehub.base.control import Bound, ControlMessage, RoomPart
from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.migrations import migrate
from livehub.base.module import (
    Context,
    Job,
    Module,
    ModuleError,
    Part,
    SocketEvent,
    check_modules,
    migration_folders,
    sections,
)
from livehub.retention import RetentionPart, delete_expired
from livehub.room.controls import Registry
from livehub.spec import asyncapi, typescript, wire_markdown
from livehub.spec import settings as settings_table
from tests.integration.server import SECRET, InProcessServer, eventually, opened
from tests.integration.viewers import Crowd
from tests.toy.module import TOY, Toy, ToyConfig

ROOT = Path(__file__).parent.parent.parent
EXTENDED = (*MODULES, TOY)  # the one line


@pytest.fixture
async def server(database_url: str, redis_url: str) -> AsyncIterator[InProcessServer]:
    """A server whose list of modules has one more. Its table comes by its own migration, on a database of the product's."""
    assert migrate(database_url, migration_folders(EXTENDED)) == ["toy_0001_baskets"]
    given = settings(
        {"LIVEHUB_BASKETS_MAX": "3"},
        modules=EXTENDED,
        database_url=database_url,
        redis_url=redis_url,
        secret=SECRET,
        job_poll_s=0.05,
        web_dist=str(ROOT / "web" / "dist"),
    )
    async with opened(given, modules=EXTENDED) as running:
        yield running


async def test_everything_that_a_module_adds_works_in_a_running_server(server: InProcessServer, crowd: Crowd):
    room = await server.room()
    path = f"/api/rooms/{room}/baskets"
    viewer = await crowd.raw(server)
    joined = await viewer.join(room)
    assert joined["room"]["bounds"]["baskets_max"] == 3  # the setting, as the module's part of the room knows it

    placed = [await server.do("POST", path, {"weight_g": weight}) for weight in (300, 200, 100)]
    said = await viewer.inbox.count("control", 3)
    assert [(control["type"], control["data"]["weight_g"]) for control in said] == [
        ("basket", 300),
        ("basket", 200),
        ("basket", 100),
    ]
    assert [control["offset"] for control in said] == [answer["offset"] for answer in placed]
    assert (await server.do("GET", f"/api/rooms/{room}"))["room"]["view"]["baskets"] == [300, 200, 100]
    assert await viewer.call("weigh", {"room": room}) == {"ok": True, "weight_g": 600}

    async def all_is_done() -> bool:
        return bool(await server.do("GET", path) == {"baskets": 3, "emptied": 3, "harvested_g": 600})

    await eventually(all_is_done)  # the job, and the reaction to the events

    full = await server.call("POST", path, {"weight_g": 1})
    assert (full.status, full.body["code"], full.body["name"]) == (409, 9000, "baskets_full")
    denied = await server.call("POST", path, {"weight_g": 1}, by=server.person("viewer"))
    assert (denied.status, denied.body["name"]) == (403, "forbidden")
    assert (await server.do("GET", path))["baskets"] == 3

    document = await server.do("GET", "/api/openapi.json")
    assert {"get", "post"} <= document["paths"]["/api/rooms/{room}/baskets"].keys()
    assert "BasketRequest" in document["components"]["schemas"]
    assert await server.metric("livehub_events_weigh") == 1


async def test_what_a_module_keeps_for_a_time_goes_after_it(server: InProcessServer):
    room = await server.room()
    await server.do("POST", f"/api/rooms/{room}/baskets", {"weight_g": 5})
    application = server.application
    now_ms = int(application.context.now_s() * 1000)
    rules = TOY.retention
    await delete_expired(rules, application.settings, application.database, now_ms=now_ms, real_ms=now_ms)
    assert (await server.do("GET", f"/api/rooms/{room}/baskets"))["baskets"] == 1
    later_ms = now_ms + (application.settings.of(ToyConfig).baskets_kept_s + 60) * 1000
    await delete_expired(rules, application.settings, application.database, now_ms=later_ms, real_ms=later_ms)
    assert (await server.do("GET", f"/api/rooms/{room}/baskets"))["baskets"] == 0


def test_documents_and_types_are_read_off_the_list():
    registry = Registry(message for module in EXTENDED for message in module.control_messages)
    events = [event for module in EXTENDED for event in module.socket_events]
    types = typescript.wire_declarations(registry, events)
    assert "export interface BasketFilled {" in types
    assert "  weigh: Weigh;" in types
    assert "weigh" in asyncapi.document(registry, events)["channels"]["socket"]["messages"]
    markdown = wire_markdown.document([], registry, events, [error for module in EXTENDED for error in module.errors])
    assert "`basket`" in markdown
    assert "`baskets_full`" in markdown
    assert "`LIVEHUB_BASKETS_MAX`" in settings_table.table([Config, *sections(EXTENDED)])


def test_a_bad_value_of_a_modules_setting_is_refused_by_name():
    with pytest.raises(ConfigError, match=r"^LIVEHUB_BASKETS_MAX: "):
        settings({"LIVEHUB_BASKETS_MAX": "many"}, modules=EXTENDED)
    with pytest.raises(ConfigError, match=r"^LIVEHUB_BASKETS_MAX: there is no such setting$"):
        settings({"LIVEHUB_BASKETS_MAX": "3"})


def test_nothing_of_the_product_knows_the_toy():
    files = [
        path for folder in ("livehub", "media", "commerce", "fulfil", "trace") for path in (ROOT / folder).rglob("*.py")
    ]
    assert [str(path) for path in files if "tests.toy" in path.read_text(encoding="utf-8")] == []


class OtherConfig(Config, frozen=True, kw_only=True):
    """A section with a setting that the toy has."""

    baskets_max: Annotated[int, described("the same name")] = 1


class OtherFull(LivehubError):
    """A refusal with a number that the toy has."""

    code, name = 9000, "other_full"


class OtherNamed(LivehubError):
    """A refusal with a name that the toy has."""

    code, name = 9001, "baskets_full"


class SameCall(Part):
    """A part that answers a call of the toy."""

    def __init__(self, context: Context) -> None:
        self._toy = Toy(context)

    def endpoints(self) -> Sequence[Endpoint]:
        return self._toy.endpoints()


class CoreAgain(Config, frozen=True, kw_only=True):
    """A section that declares a setting of the core again."""

    db_pool_max: Annotated[int, described("another")] = 1


class OtherThings(Struct, frozen=True, kw_only=True):
    """A part of a room."""

    things: int = 0


class ThingSaid(Struct, frozen=True, kw_only=True, tag_field="type", tag="thing"):
    """A message."""


SAME_BOUND = ControlMessage(
    ThingSaid,
    RoomPart(OtherThings, bounds=(Bound(name="baskets_max", setting="bag_max", default=1),)),
    lambda part, _data, _ts, _bounds: part,
)
UNTAKEN = SocketEvent(name="untaken", body=ThingSaid, reply=ThingSaid)


class BadCron(Part):
    """A part whose job has no moment."""

    def jobs(self) -> Sequence[Job]:
        return [Job(name="other.job", run=_nothing, cron="nonsense")]


async def _nothing(**_args: object) -> None:
    return


def other(**fields: Any) -> Module:
    given: dict[str, Any] = {"name": "other", "build": lambda _context: Part(), **fields}
    return Module(**given)


class NoPart(Part):
    """Of no module."""


class Homeless(Part):
    def __init__(self, context: Context) -> None:
        context.get(NoPart)


@pytest.mark.parametrize(
    ("clashing", "text"),
    [
        (other(name="toy"), "two modules have the same module, toy: toy and toy"),
        (other(settings=OtherConfig), "two modules have the same setting, baskets_max: ToyConfig and OtherConfig"),
        (other(errors=(OtherFull,)), "two modules have the same refusal's code, 9000: BasketsFull and OtherFull"),
        (
            other(errors=(OtherNamed,)),
            "two modules have the same refusal's name, baskets_full: BasketsFull and OtherNamed",
        ),
        (other(socket_events=TOY.socket_events), "two modules have the same socket event, weigh: toy and other"),
        (other(events=TOY.events), "two modules have the same domain event, toy.harvested: toy and other"),
        (other(control_messages=TOY.control_messages), "module hub: two control messages of type 'basket'"),
        (other(settings=CoreAgain), "two modules have the same setting, db_pool_max: Config and CoreAgain"),
        (other(control_messages=(SAME_BOUND,)), "module hub: two bounds of the same name: baskets_max"),
        (other(schemas=TOY.schemas), "two modules have the same body, BasketRequest: toy and other"),
        (other(socket_events=(UNTAKEN,)), "module other: socket events are declared, or taken, and not both: untaken"),
        (other(build=lambda _context: BadCron()), "job other.job: 'nonsense' is no cron expression"),
        (other(build=RetentionPart), "module other: there is a part of its class already"),
        (
            other(build=Homeless),
            "module other: there is no NoPart in this process, or its module comes later in the list",
        ),
        (
            other(build=SameCall, schemas=()),
            "two modules have the same call, POST /api/rooms/{}/baskets: toy and other",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_two_modules_that_claim_the_same_thing_stop_the_server_with_its_name(clashing: Module, text: str):
    modules = (*EXTENDED, clashing)
    with pytest.raises(ModuleError) as clash:
        Application(settings(modules=modules, secret=SECRET), modules=modules)
    assert str(clash.value) == text


def test_no_two_modules_of_the_product_claim_the_same_thing():
    check_modules((*DEMO_MODULES, TOY))
