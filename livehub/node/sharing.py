"""What a room's page says of itself before any script runs: to apps that show a card for a link, and to the browser.

Open Graph (ogp.me): title, description, picture and address in <meta property="og:...">, the last two absolute. Pure.
"""

from html import escape

from msgspec import Struct

from livehub.node.first_look import Known

SITE = "livehub"
TITLE = f"<title>{SITE}</title>"  # as in web/viewer/index.html


class Shared(Struct, frozen=True, kw_only=True):
    """A room as a card shows it, in the reader's language. `poster`: a path of ours, or https. `known`: what its page is told
    besides."""

    title: str
    about: str
    poster: str | None
    known: Known | None = None


def with_card(page: str, shared: Shared, *, origin: str, path: str) -> str:
    """The page with the room's title and card in its head.

    `origin`: how the outside reaches us, e.g. https://live.example; `path`: the room's, on it. What people wrote is escaped.
    """
    properties = {
        "og:site_name": SITE,
        "og:type": "website",
        "og:title": shared.title,
        "og:description": shared.about,
        "og:url": origin + path,
    }
    if shared.poster is not None:
        properties["og:image"] = origin + shared.poster if shared.poster.startswith("/") else shared.poster
    lines = [f"<title>{escape(shared.title)} · {SITE}</title>"]
    lines += [f'<meta property="{name}" content="{escape(value)}" />' for name, value in properties.items()]
    lines.append(f'<meta name="twitter:card" content="{"summary_large_image" if shared.poster else "summary"}" />')
    lines.append(f'<meta name="description" content="{escape(shared.about)}" />')
    return page.replace(TITLE, "\n    ".join(lines), 1)
