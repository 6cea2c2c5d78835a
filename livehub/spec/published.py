"""The files that are generated from the contract: which, and whether they are current."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from commerce.catalogue import products
from commerce.coupons import coupons
from livehub.hub import bodies
from livehub.spec import typescript


def _structs(module: object) -> list[type[msgspec.Struct]]:
    own = getattr(module, "__name__", "")
    found = (value for value in vars(module).values() if isinstance(value, type) and issubclass(value, msgspec.Struct))
    return [struct for struct in found if struct.__module__ == own]


def _api_types() -> str:
    extra: list[type[msgspec.Struct]] = [products.ProductList, coupons.CouponList]
    return typescript.body_declarations([*_structs(bodies), *extra])


FILES: dict[str, Callable[[], str]] = {
    "web/src/shared/wire.ts": typescript.wire_declarations,
    "web/src/shared/api-types.ts": _api_types,
}


def stale(root: Path) -> list[str]:
    """The files that are not what they should be."""
    return [name for name, text in FILES.items() if not _is(root / name, text())]


def write(root: Path) -> list[str]:
    """Write those that are not current; their names."""
    changed = stale(root)
    for name in changed:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(FILES[name](), encoding="utf-8")
    return changed


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
