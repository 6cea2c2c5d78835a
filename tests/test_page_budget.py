"""What each page loads before it shows something stays within a budget: scripts and styles as built, gzip, in bytes.

The bounds are a little above what there is. Who needs more says why in the commit that raises one; what nobody needs at first
is a part of its own (`() => import(...)`). docs/benchmarks.md tells what comes of it on a slow link.
"""

from pathlib import Path

import msgspec
import pytest

from livehub.node.first_look import PICTURE_PARTS, ROOM_PARTS, Chunk, Manifest, with_imports
from livehub.node.pages import MANIFEST

DIST = Path(__file__).parent.parent / "web" / "dist"
SHOWN = (".js", ".css")  # workers are among a part's assets; pictures come later
BUDGETS = {
    "the list of rooms": (("viewer/index.html", "src/viewer/rooms/RoomsPage.vue"), 170_500),
    "a room": (("viewer/index.html", *ROOM_PARTS), 219_000),
    "what a picture needs besides": (PICTURE_PARTS, 125_000),
    "the studio's first page": (("studio/index.html",), 177_500),
    "a room in the studio": (("studio/index.html", "src/studio/RoomDesk.vue"), 229_500),
    "the first page of ops": (("ops/index.html",), 260_000),
    "the phone in the field": (("field/index.html",), 177_500),
    "a room in ops": (("ops/index.html", "src/ops/console/RoomConsole.vue"), 360_500),
    "what verifies a journey": (("src/trace/journey/main.ts",), 25_000),
}


@pytest.mark.parametrize("page", BUDGETS)
def test_a_page_is_within_its_budget(page: str) -> None:
    parts, bytes_max = BUDGETS[page]
    manifest = msgspec.json.decode((DIST / MANIFEST).read_bytes(), type=Manifest)
    assert [part for part in parts if part not in manifest] == []  # it has another name now
    loaded = _bytes(list(with_imports(manifest, parts, set())))
    assert loaded <= bytes_max, f"{page}: {loaded} bytes of {bytes_max}"


def _bytes(chunks: list[Chunk]) -> int:
    named = {file for chunk in chunks for file in (chunk.file, *chunk.css, *chunk.assets)}
    files = {file for file in named if Path(file).suffix in SHOWN}
    return sum((DIST / f"{file}.gz").stat().st_size for file in files)
