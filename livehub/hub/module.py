"""The engine as a module: sockets, rooms and the broker. What viewers do in a room are modules of their own, beside this."""

from pathlib import Path

from msgspec import Struct

from livehub.base.errors import LivehubError
from livehub.base.module import Context, Module, ModuleError, Retention, SocketEvent, defined_in, kept_for
from livehub.base.room_rights import RoomRights
from livehub.base.sql import queries
from livehub.hub.hub import TOKEN_COST, Hub
from livehub.hub.rooms import host_schemas, room_hosts, schemas
from livehub.hub.rooms.hosts import PERSON_TABLES as HOSTS_TABLES
from livehub.hub.rooms.membership import RECOVERY_COST
from livehub.hub.rooms.person_tables import PERSON_TABLES
from livehub.hub.settings import HubConfig
from livehub.hub.sockets.session_forwarding import SessionForwarding
from livehub.people.blocked.blocks import Blocks
from livehub.people.names import HostNames
from livehub.people.people import People
from livehub.room import errors, room_messages, wire
from livehub.room.controls import Registry

Q = queries(__file__, "retention.sql")


def _build(context: Context) -> Hub:
    of_rooms = {name: query for module in context.modules for name, query in module.of_rooms.items()}
    hub = Hub(
        context.config(HubConfig),
        context.database,
        context.tokens,
        registry=registry_of(context),
        handover=context.find(SessionForwarding),
        clock=context.clock,
        roles=context.roles,
        of_rooms=of_rooms,
        blocks=context.find(Blocks),
    )
    if (people := context.find(People)) is not None:
        people.ended.on_end.append(hub.clients.session_ended)
    context.provide(RoomRights, hub.hosted)
    context.provide(HostNames, hub.hosted)
    return hub


def registry_of(context: Context) -> Registry:
    """What is said in rooms, by whichever module. Raises ModuleError when two say the same."""
    messages = [message for module in context.modules for message in module.control_messages]
    try:
        return Registry(messages, context.settings.value)
    except ValueError as error:
        raise ModuleError(str(error)) from error


HUB = Module(
    name="hub",
    build=_build,
    settings=HubConfig,
    migrations=Path(__file__).parent / "migrations",
    errors=defined_in(errors, LivehubError),
    socket_events=(
        SocketEvent(name="join", body=wire.Join, reply=wire.Joined, cost=RECOVERY_COST),
        SocketEvent(name="leave", body=wire.Leave, reply=wire.Done),
        SocketEvent(name="like", body=wire.Like, reply=wire.Done),
        SocketEvent(name="token", body=wire.NewToken, reply=wire.Done, cost=TOKEN_COST),
    ),
    control_messages=(*room_messages.CONTROL_MESSAGES, *room_hosts.CONTROL_MESSAGES),
    retention=(
        Retention(
            table="room_controls",
            query=Q["forget_controls"],
            arguments=kept_for(HubConfig, "controls_kept_s", also=("control_recover_max",)),
        ),
        Retention(
            table="room_invitations",
            query=Q["forget_invitations"],
            arguments=kept_for(HubConfig, "controls_kept_s"),
        ),
    ),
    person_tables=(*PERSON_TABLES, *HOSTS_TABLES),
    schemas=(*defined_in(schemas, Struct), *defined_in(host_schemas, Struct)),
)
