"""docs/asyncapi.json: the socket for machines, as AsyncAPI 3.0. Pure: no I/O."""

from collections.abc import Sequence
from typing import Any

import msgspec

from livehub.base.module import SocketEvent
from livehub.base.schemas import schema_components
from livehub.room import wire
from livehub.room.controls import Registry, opaque

_REF = "#/components/schemas/{name}"
_MESSAGE = "#/channels/socket/messages/{name}"


def document(registry: Registry, events: Sequence[SocketEvent]) -> dict[str, Any]:
    """The whole document. An acknowledged event is a `send` operation with a reply."""
    structs = [
        *(event.body for event in events),
        *wire.SERVER_EVENTS.values(),
        *(event.reply for event in events),
        wire.Refused,
    ]
    _, schemas = schema_components(dict.fromkeys(structs), ref_template=_REF, opaque=opaque(registry))
    messages = {
        **{event.name: _message(event.body) for event in events},
        **{name: _message(body) for name, body in wire.SERVER_EVENTS.items()},
        **{f"{event.name}.ack": _answer(event.reply) for event in events},
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "livehub",
            "version": str(wire.PROTOCOL_VERSION),
            "description": "Socket.IO v5 on Engine.IO v4; the prose is in docs/wire.md.",
            "license": {"name": "Apache-2.0"},
        },
        "channels": {"socket": {"address": "/socket.io/", "messages": messages}},
        "operations": {
            **{event.name: _operation("receive", event.name, f"{event.name}.ack") for event in events},
            **{name: _operation("send", name, None) for name in wire.SERVER_EVENTS},
        },
        "components": {"schemas": schemas},
    }


def _message(body: type[msgspec.Struct]) -> dict[str, Any]:
    return {"summary": " ".join((body.__doc__ or "").split()), "payload": {"$ref": _REF.format(name=body.__name__)}}


def _answer(body: type[msgspec.Struct]) -> dict[str, Any]:
    options = [{"$ref": _REF.format(name=name)} for name in (body.__name__, wire.Refused.__name__)]
    return {"summary": "Acknowledgement.", "payload": {"oneOf": options}}


def _operation(action: str, name: str, reply: str | None) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "action": action,
        "channel": {"$ref": "#/channels/socket"},
        "messages": [{"$ref": _MESSAGE.format(name=name)}],
    }
    if reply is not None:
        operation["reply"] = {
            "channel": {"$ref": "#/channels/socket"},
            "messages": [{"$ref": _MESSAGE.format(name=reply)}],
        }
    return operation
