"""The OpenAPI 3.1 document, made from the endpoints. Pure: no I/O."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from livehub.base import errors
from livehub.base.auth import Permission
from livehub.base.endpoints import Endpoint
from livehub.base.file_body import FileBody
from livehub.base.http import Problem, path_part_chars_max
from livehub.base.raw_calls import PROBLEM, RawCall
from livehub.base.schemas import Opaque, schema_components

_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"{(\w+)}")
_KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body get the same answer.",
    "schema": {"type": "string", "minLength": 8, "maxLength": 128, "pattern": "^[!-~]{8,128}$"},
}


def _content(schema: dict[str, Any], media_type: str = "application/json") -> dict[str, Any]:
    return {media_type: {"schema": schema}}


def _responses(endpoint: Endpoint, reply: dict[str, Any] | None) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done."}
    if reply is not None:
        success["content"] = _content(reply)
    always: tuple[type[errors.LivehubError], ...] = (errors.BadRequest, errors.TooFast, errors.BadToken)
    listed = sorted({*always, *endpoint.errors}, key=lambda error: error.code)
    text = "Refused: " + ", ".join(f"{error.code} {error.name}" for error in listed) + "."
    problem = _content({"$ref": _REF.format(name="Problem")}, "application/problem+json")
    later = {"202": success | {"description": "Accepted: it is being made."}} if endpoint.accepts else {}
    return {str(endpoint.status): success, **later, "default": {"description": text, "content": problem}}


def _query_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    if endpoint.query is None:
        return []
    _, components = msgspec.json.schema_components([endpoint.query], ref_template=_REF)
    schema = components[endpoint.query.__name__]
    return [
        {"name": name, "in": "query", "required": False, "schema": field}
        for name, field in schema["properties"].items()
    ]


def _operation(endpoint: Endpoint, schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": path_part_chars_max(name)},
        }
        for name in _PARAMETER.findall(endpoint.path)
    ]
    parameters += _query_parameters(endpoint)
    if endpoint.method == "POST" and (endpoint.writes or endpoint.key_in_row):
        parameters.append(_KEY_PARAMETER | {"required": endpoint.needs_key})
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "operationId": endpoint.handler.__qualname__.replace(".", "_").lower(),
        "responses": _responses(endpoint, schemas.get(endpoint.reply)),
        "parameters": parameters,
    }
    if isinstance(endpoint.body, FileBody):
        operation["requestBody"] = {"required": True, "content": {name: {} for name in endpoint.body.media_types}}
    elif endpoint.body is not None:
        needed = any(field.required for field in msgspec.structs.fields(endpoint.body))  # an empty body is read as {}
        operation["requestBody"] = {"required": needed, "content": _content(schemas[endpoint.body])}
    if endpoint.may is not Permission.WATCH:
        operation["security"] = [{"token": []}]
        operation["x-permission"] = endpoint.may.value
    return operation


def _raw_operation(call: RawCall) -> dict[str, Any]:
    always: tuple[type[errors.LivehubError], ...] = (errors.BadRequest, errors.TooFast)
    listed = sorted({*always, *call.refuses}, key=lambda error: error.code)
    text = "Refused: " + ", ".join(f"{error.code} {error.name}" for error in listed) + "."
    problem = _content({"$ref": _REF.format(name="Problem")}, PROBLEM)
    responses: dict[str, Any] = {
        str(status): {"description": "Done."} | ({"content": {name: {} for name in types}} if types else {})
        for status, types in call.gives.items()
    }
    name = re.sub(r"\W+", "_", f"{call.method} {call.path}").lower()
    operation: dict[str, Any] = {
        "summary": call.summary,
        "operationId": name,
        "responses": responses | {"default": {"description": text, "content": problem}},
        "parameters": call.parameters(tuple(_PARAMETER.findall(call.path))),
    }
    if call.standard:
        operation["externalDocs"] = {"url": call.standard}
    if call.takes:
        operation["requestBody"] = {"required": True, "content": {name: {} for name in call.takes}}
    if call.may is not Permission.WATCH:
        operation["security"] = [{"token": []}]
        operation["x-permission"] = call.may.value
    return operation


def document(
    endpoints: list[Endpoint], *, version: str, opaque: Opaque | None = None, raw_calls: Sequence[RawCall] = ()
) -> dict[str, Any]:
    """`raw_calls`: those that a standard describes, as far as this can."""
    shapes = (shape for e in endpoints for shape in (e.body, e.reply) if not isinstance(shape, FileBody))
    types = list(dict.fromkeys(shape for shape in shapes if shape is not None))
    generated, components = schema_components([*types, Problem], ref_template=_REF, opaque=opaque or {})
    schemas = dict(zip(types, generated, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    for call in raw_calls:
        paths.setdefault(call.path, {})[call.method.lower()] = _raw_operation(call)
    return {
        "openapi": "3.1.0",
        "info": {"title": "livehub", "version": version, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }
