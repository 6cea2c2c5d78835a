"""What the page of a room has in itself, so that it need not ask before it shows something. Pure.

    poster and title     drawn by the HTML alone, until the page's own script draws them
    <script id="room">   what is known of the room, as data: the script draws the room, and starts its picture, from that
    preloads             the parts of the build that a room needs, those of the player with a picture, and its playlist

Vite's manifest (.vite/manifest.json in the build) tells the files of a part: its own, and those that it imports.
"""

from collections.abc import Iterator, Sequence
from html import escape

import msgspec
from msgspec import Struct

from livehub.base.uploads.uses import small_of
from livehub.hub.rooms.schemas import RoomSummary

APP = '<div id="app"></div>'  # as in web/viewer/index.html
TITLE_END, HEAD_END = "</title>", "</head>"
ROOM_PARTS = ("src/viewer/room/RoomPage.vue",)
PICTURE_PARTS = ("src/shared/video/hls.ts",)


class Known(Struct, frozen=True, kw_only=True):
    """What the page is told: the room as in lists, and its master playlist while it is on air."""

    room: RoomSummary
    hls: str | None

    @property
    def poster(self) -> str | None:
        """What stands until there is more: the small size where a moving picture is about to come, nothing after the show."""
        poster = self.room.poster
        if poster is None or self.room.show.status == "ended":
            return None
        return poster if self.hls is None else small_of(poster)


class Chunk(Struct, frozen=True, kw_only=True):
    """A part in the manifest: files are relative to the build; `imports` are names of other parts; `assets`: workers too."""

    file: str
    css: list[str] = []
    assets: list[str] = []
    imports: list[str] = []


Manifest = dict[str, Chunk]


def preloads(page: str, manifest: Manifest, parts: Sequence[str]) -> str:
    """<link>s for the parts and what they import, without what the page asks for already."""
    chunks = list(with_imports(manifest, parts, set()))
    scripts = dict.fromkeys(f"/{chunk.file}" for chunk in chunks)
    styles = dict.fromkeys(f"/{file}" for chunk in chunks for file in chunk.css)
    links = [
        f'<link rel="modulepreload" crossorigin href="{escape(one)}" />' for one in scripts if f'"{one}"' not in page
    ]
    links += [
        f'<link rel="preload" as="style" crossorigin href="{escape(one)}" />'
        for one in styles
        if f'"{one}"' not in page
    ]
    return "\n    ".join(links)


def with_imports(manifest: Manifest, parts: Sequence[str], seen: set[str]) -> Iterator[Chunk]:
    """The parts and all that they import, each once; what is in `seen` was had, and what is not in the manifest is left out."""
    for name in parts:
        chunk = manifest.get(name)
        if chunk is None or name in seen:
            continue
        seen.add(name)
        yield chunk
        yield from with_imports(manifest, chunk.imports, seen)


def with_first_look(page: str, known: Known, *, title: str, links: Sequence[str]) -> str:
    """The page with all that in it. `title`: in the reader's language. What people wrote is escaped, for HTML or as JSON."""
    poster = known.poster
    lines = [link for link in links if link]
    if poster is not None:
        # Asked for before the scripts, not after them; the same address as the page uses.
        image = f'<link rel="preload" as="image" href="{escape(poster)}" fetchpriority="high" />'
        page = page.replace(TITLE_END, f"{TITLE_END}\n    {image}", 1)
    if known.hls is not None:
        # As hls.js asks for it: with cookies of ours, if any, and no more.
        lines.append(f'<link rel="preload" as="fetch" crossorigin href="{escape(known.hls)}" />')
    data = msgspec.json.encode(known).decode().replace("<", "\\u003c")  # nothing in it ends the script
    body = [f'<script id="room" type="application/json">{data}</script>']
    if poster is not None:
        image = f'<img src="{escape(poster)}" alt="" fetchpriority="high" />'
        body.append(f'<div id="first-look" aria-hidden="true">{image}<p>{escape(title)}</p></div>')
    head = "    ".join(f"{line}\n" for line in lines)
    page = page.replace(HEAD_END, f"  {head}  {HEAD_END}", 1)
    return page.replace(APP, "\n    ".join([*body, APP]), 1)
