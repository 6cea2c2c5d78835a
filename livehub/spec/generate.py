"""The files that are generated from the contract: which, and whether they are current."""

import json
from collections.abc import Callable
from pathlib import Path

from livehub import app
from livehub.app import DEMO_MODULES, MODULES, Application
from livehub.base.config import Config
from livehub.base.endpoints import Endpoint
from livehub.base.module import sections
from livehub.room.controls import Registry
from livehub.spec import asyncapi, privacy, python, settings, typescript, wire_markdown

_registry = Registry(message for module in MODULES for message in module.control_messages)
_refusals = [refusal for module in MODULES for refusal in module.errors]
_events = [event for module in MODULES for event in module.socket_events]


def _api_types() -> str:
    return typescript.body_declarations(
        [schema for module in MODULES for schema in module.schemas], _registry, _events, _endpoints()
    )


def _endpoint_map() -> str:
    return typescript.endpoint_declarations(_endpoints(), _registry, _events)


def _endpoints() -> list[Endpoint]:
    return Application(app.settings()).endpoints()


def _asyncapi() -> str:
    return json.dumps(asyncapi.document(_registry, _events), indent=1, ensure_ascii=False) + "\n"


FILES: dict[str, Callable[[], str]] = {
    "web/src/shared/wire.ts": lambda: typescript.wire_declarations(_registry, _events),
    "web/src/shared/api-types.ts": _api_types,
    "web/src/shared/endpoints.ts": _endpoint_map,
    "loadtest/wire.py": lambda: python.declarations(_registry, _events),
    "docs/wire.md": lambda: wire_markdown.document(_endpoints(), _registry, _events, _refusals),
    "docs/asyncapi.json": _asyncapi,
}
# Files that people write but for a part: from the text as it is to the text as it should be.
PARTS: dict[str, Callable[[str], str]] = {
    "docs/operations.md": lambda text: settings.placed(text, [Config, *sections(DEMO_MODULES)]),
    "docs/privacy.md": lambda text: privacy.placed(text, MODULES),
}


def stale(root: Path) -> list[str]:
    """The files that are not what they should be."""
    return [name for name, text in _texts(root).items() if _read(root / name) != text]


def write(root: Path) -> list[str]:
    """Write those that are not current; their names."""
    changed = stale(root)
    texts = _texts(root)
    for name in changed:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(texts[name], encoding="utf-8")
    return changed


def _texts(root: Path) -> dict[str, str]:
    whole = {name: text() for name, text in FILES.items()}
    return whole | {name: part(_read(root / name) or "") for name, part in PARTS.items()}


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
