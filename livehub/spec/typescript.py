"""The wire as TypeScript declarations, from JSON Schema of the structs. Pure: no I/O.

Only what the wire uses is known here; a schema with anything else raises, so that nothing is silently `any`.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from livehub.base.endpoints import Endpoint
from livehub.base.file_body import FileBody
from livehub.base.module import SocketEvent
from livehub.base.schemas import schema_components
from livehub.room import wire
from livehub.room.controls import Registry, opaque

_HEADER = "// Generated from {source} by `python -m livehub spec`. Do not edit.\n"
_PATH_PART = re.compile(r"\{(\w+)\}")
_PRIMITIVES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def reference(schema: dict[str, Any]) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[-1]


def type_of(schema: dict[str, Any]) -> str:
    """The TypeScript type of a JSON Schema. Raises KeyError on what the wire does not use."""
    if not schema or set(schema) <= {"description", "default", "title"}:
        return "unknown"
    if "$ref" in schema:
        return reference(schema)
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(type_of(option) for option in schema["anyOf"])
    kind = schema["type"]
    if kind == "array":
        if "prefixItems" in schema:  # a tuple; its `items` is false, which would pass for "anything"
            raise ValueError(f"no TypeScript is known for {schema}")
        inner = type_of(schema["items"])
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if kind == "object":
        return f"Record<string, {type_of(schema.get('additionalProperties', {}))}>"
    return _PRIMITIVES[kind]


def _interface(name: str, schema: dict[str, Any], *, sent_by_server: bool) -> list[str]:
    """What the server sends has every field with a default filled in; what a client sends may leave those out."""
    lines = [f"/** {schema['description']} */"] if schema.get("description") else []
    lines.append(f"export interface {name} {{")
    required = set(schema.get("required", ()))
    for field, field_schema in schema["properties"].items():
        always = field in required or (sent_by_server and "default" in field_schema)
        lines.append(f"  {field}{'' if always else '?'}: {type_of(field_schema)};")
    return [*lines, "}", ""]


def _event_map(name: str, events: dict[str, type[msgspec.Struct]]) -> list[str]:
    return [f"export interface {name} {{", *(f"  {event}: {t.__name__};" for event, t in events.items()), "}", ""]


def _components(structs: list[type[msgspec.Struct]], registry: Registry) -> dict[str, dict[str, Any]]:
    _, components = schema_components(structs, ref_template="{name}", opaque=opaque(registry))
    return dict(sorted(components.items()))


def _wire_components(
    registry: Registry, events: Sequence[SocketEvent]
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    sent: list[type[msgspec.Struct]] = list(
        dict.fromkeys([*wire.SERVER_EVENTS.values(), *(event.reply for event in events), wire.Refused])
    )
    from_server = _components(sent, registry)
    from_client = _components([event.body for event in events], registry)
    return from_server, {name: schema for name, schema in from_client.items() if name not in from_server}


def wire_declarations(registry: Registry, events: Sequence[SocketEvent]) -> str:
    """The text of web/src/shared/wire.ts."""
    from_server, from_client = _wire_components(registry, events)
    lines = [_HEADER.format(source="livehub/room/wire.py and the control messages of each module")]
    lines += [f"export const PROTOCOL_VERSION = {wire.PROTOCOL_VERSION};", ""]
    for name, schema in from_server.items():
        lines += _interface(name, schema, sent_by_server=True)
    for name, schema in from_client.items():
        lines += _interface(name, schema, sent_by_server=False)
    union = " | ".join(message.struct.__name__ for message in registry.messages.values())
    lines += [f"export type ControlData = {union};", ""]
    lines += _event_map("ClientEvents", {event.name: event.body for event in events})
    lines += _event_map("ServerEvents", wire.SERVER_EVENTS)
    lines += _event_map("Acknowledgements", {event.name: event.reply for event in events})
    return "\n".join(lines)


def body_declarations(
    bodies: list[type[msgspec.Struct]],
    registry: Registry,
    events: Sequence[SocketEvent],
    endpoints: Sequence[Endpoint] = (),
) -> str:
    """The text of web/src/shared/api-types.ts: the HTTP bodies, importing from wire.ts what the socket has too.

    What clients send and never get may leave out what has a default. It is told by the bodies and replies of `endpoints`, and
    by name of what is in neither: `...Request`, `...Edit` and `...Answer` are sent.
    """
    asked = _components([e.body for e in endpoints if not (e.body is None or isinstance(e.body, FileBody))], registry)
    answered = _components([e.reply for e in endpoints if e.reply is not None], registry)

    def is_sent_by_server(name: str) -> bool:
        if name in asked or name in answered:
            return name in answered
        return not name.endswith(("Request", "Edit", "Answer", "Prize"))

    shared = {name for part in _wire_components(registry, events) for name in part}
    components = _components(bodies, registry)
    own = {name: schema for name, schema in components.items() if name not in shared}
    text: list[str] = []
    for name, schema in own.items():
        text += _interface(name, schema, sent_by_server=is_sent_by_server(name))
    used = set(re.findall(r"\w+", "\n".join(line for line in text if not line.startswith("/**"))))
    borrowed = ", ".join(sorted(shared & used))
    head = [
        _HEADER.format(source="the bodies of the HTTP endpoints"),
        f'import type {{ {borrowed} }} from "./wire";',
        "",
    ]
    return "\n".join([*head, *text])


def _fields(struct: type[msgspec.Struct], registry: Registry) -> str:
    """The fields of a query, in line; those that have a default may be left out."""
    schema = _components([struct], registry)[struct.__name__]
    required = set(schema.get("required", ()))
    # Left out is what null means in an address.
    types = {field: type_of(field_schema) for field, field_schema in schema["properties"].items()}
    return "; ".join(f"{field}{'' if field in required else '?'}: {type_}" for field, type_ in types.items())


def _named(shape: Any, registry: Registry) -> str:
    """The name of a body or reply; `null` where there is none, and for a body without fields. `never`: a file, which is sent
    in another way (web/src/kit/upload)."""
    if isinstance(shape, FileBody):
        return "never"
    if shape is None or (isinstance(shape, type) and issubclass(shape, msgspec.Struct) and not shape.__struct_fields__):
        return "null"
    (schema,), _ = schema_components([shape], ref_template="{name}", opaque=opaque(registry))
    return type_of(schema)


def endpoint_declarations(endpoints: Sequence[Endpoint], registry: Registry, events: Sequence[SocketEvent]) -> str:
    """The text of web/src/shared/endpoints.ts: for each endpoint the parts of its path, its query, its body and its reply."""
    entries: list[str] = []
    for endpoint in sorted(endpoints, key=lambda e: (e.path, e.method)):
        parts = "; ".join(f"{name}: string" for name in _PATH_PART.findall(endpoint.path))
        query = _fields(endpoint.query, registry) if endpoint.query is not None else ""
        entries += [
            f"  /** {endpoint.summary} */",
            f'  "{endpoint.method} {endpoint.path}": {{',
            f"    path: {f'{{ {parts} }}' if parts else 'null'};",
            f"    query: {f'{{ {query} }}' if query else 'null'};",
            f"    body: {_named(endpoint.body, registry)};",
            f"    reply: {_named(endpoint.reply, registry) if endpoint.reply is not None else 'undefined'};",
            "  };",
        ]
    used = set(
        re.findall(r"\b[A-Z]\w*", "\n".join(line for line in entries if not line.lstrip().startswith(("/**", '"'))))
    )
    shared = {name for part in _wire_components(registry, events) for name in part}
    head = [_HEADER.format(source="the list of HTTP endpoints")]
    for source, names in (("./api-types", used - shared), ("./wire", used & shared)):
        if names:
            head.append(f'import type {{ {", ".join(sorted(names))} }} from "{source}";')
    return "\n".join([*head, "", "export interface Endpoints {", *entries, "}", ""])
