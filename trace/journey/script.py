"""The page's script, "verify it yourself": which file the built pages have it in. The page is whole without it."""

from pathlib import Path

import msgspec
from msgspec import Struct

SOURCE = "src/trace/journey/main.ts"
MANIFEST = Path(".vite/manifest.json")


class _Part(Struct, frozen=True):
    file: str


def address_of(dist: Path) -> str | None:
    """Its address; None where the pages are not built, or were without it. Blocking I/O, a few kB."""
    try:
        parts = msgspec.json.decode((dist / MANIFEST).read_bytes(), type=dict[str, _Part])
    except (OSError, msgspec.DecodeError):
        return None
    return f"/{parts[SOURCE].file}" if SOURCE in parts else None
