"""Chat and its moderation as a module."""

from pathlib import Path

from msgspec import Struct

from livehub.base.errors import LivehubError
from livehub.base.module import Module, Retention, SocketEvent, defined_in, kept_for
from livehub.base.sql import queries
from livehub.hub.chat import errors, event_log, replay, schemas
from livehub.hub.chat.chat import Chat
from livehub.hub.chat.person_tables import PERSON_TABLES
from livehub.hub.chat.room_messages import CONTROL_MESSAGES
from livehub.hub.chat.settings import ChatConfig
from livehub.room import wire

Q = queries(__file__, "retention.sql")
KEPT = kept_for(ChatConfig, "chats_kept_s")

CHAT = Module(
    name="chat",
    build=Chat,
    settings=ChatConfig,
    migrations=Path(__file__).parent / "migrations",
    errors=defined_in(errors, LivehubError),
    socket_events=(
        SocketEvent(name="chat", body=wire.Chat, reply=wire.DoneWithId),
        SocketEvent(name="report", body=wire.Report, reply=wire.Done),
    ),
    control_messages=CONTROL_MESSAGES,
    person_tables=PERSON_TABLES,
    retention=(
        Retention(table="chats", query=Q["forget_chats"], arguments=KEPT),
        Retention(table="chat_deletions", query=Q["forget_deletions"], arguments=KEPT),
        Retention(table="chat_hidden", query=Q["forget_hidden"], arguments=KEPT),
        Retention(table="held_lines", query=Q["forget_held"], arguments=KEPT),
        Retention(table="audit", query=Q["forget_decisions"], arguments=KEPT),
        Retention(table="chat_reports", query=Q["forget_reports"], arguments=KEPT),
    ),
    schemas=(*defined_in(schemas, Struct), *defined_in(replay, Struct), *defined_in(event_log, Struct)),
)
