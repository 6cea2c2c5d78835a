"""The files that are generated from the contract: which, and whether they are current."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec

from commerce.catalogue import products
from commerce.coupons import coupons
from livehub.app import Application
from livehub.base.config import Config
from livehub.base.endpoints import Endpoint
from livehub.hub import bodies
from livehub.spec import asyncapi, document, settings, typescript
from media import bodies as media_bodies


def _structs(module: object) -> list[type[msgspec.Struct]]:
    own = getattr(module, "__name__", "")
    found = (value for value in vars(module).values() if isinstance(value, type) and issubclass(value, msgspec.Struct))
    return [struct for struct in found if struct.__module__ == own]


def _api_types() -> str:
    extra: list[type[msgspec.Struct]] = [products.ProductList, coupons.CouponList]
    return typescript.body_declarations([*_structs(bodies), *_structs(media_bodies), *extra])


def _endpoints() -> list[Endpoint]:
    return Application(Config(), jobs=False).endpoints()


def _asyncapi() -> str:
    return json.dumps(asyncapi.document(), indent=1, ensure_ascii=False) + "\n"


FILES: dict[str, Callable[[], str]] = {
    "web/src/shared/wire.ts": typescript.wire_declarations,
    "web/src/shared/api-types.ts": _api_types,
    "docs/wire.md": lambda: document.document(_endpoints()),
    "docs/asyncapi.json": _asyncapi,
}
# Files that people write but for a part: from the text as it is to the text as it should be.
PARTS: dict[str, Callable[[str], str]] = {"docs/operations.md": settings.placed}


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
