"""The inbox as a module."""

from livehub.base.module import Context, Module, Retention, SocketEvent, kept_for
from livehub.base.sql import queries
from livehub.hub.hub import Hub
from livehub.hub.inbox.inbox import READ_COST, DirectPublished, Inbox
from livehub.hub.inbox.person_tables import PERSON_TABLES
from livehub.hub.inbox.settings import InboxConfig
from livehub.room import wire

Q = queries(__file__, "retention.sql")


def _build(context: Context) -> Inbox:
    hub = context.get(Hub)
    inbox = Inbox(
        context.config(InboxConfig),
        context.database,
        hub.bus,
        worker=hub.worker,
        devices_of=hub.clients.of_person,
        now_s=context.now_s,
        delivers=hub.holds_sockets,
    )
    hub.clients.connected.append(inbox.enter)
    hub.clients.disconnected.append(inbox.leave)
    hub.dispatch.on(DirectPublished, lambda _channel, message: inbox.arrived(message))
    if hub.holds_sockets:
        hub.sync.add_reconciler(inbox.catch_up)
    return inbox


INBOX = Module(
    name="inbox",
    build=_build,
    settings=InboxConfig,
    socket_events=(SocketEvent(name="read", body=wire.Read, reply=wire.Done, cost=READ_COST),),
    person_tables=PERSON_TABLES,
    retention=(
        Retention(table="directs", query=Q["forget_directs"], arguments=kept_for(InboxConfig, "directs_kept_s")),
    ),
)
