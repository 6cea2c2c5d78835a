"""The GS1 resolver: what a scanned code leads to (GS1-Conformant Resolver Standard 1.2).

    GET /01/{gtin}[/22/{cpv}][/10/{lot}][/21/{serial}]
        a browser (Accept: text/html)                            200, the page itself
        ?linkType=linkset, or Accept: application/linkset+json   200, the links of every level up to the key
        ?linkType=gs1:...                                        307 to that link; the query goes along
        otherwise                                                307 to the default link, /trace/01/...
    GET /trace/01/...                                            200, the page
    GET /trace/vouchers/{id}                                     200, the traceability certificate of a batch, to print
    GET /trace/batches/{id}                                      307 to the code of a batch
    GET /.well-known/gs1resolver                                 what this resolver can

400 says that a code is none, 404 that it is none of ours; both to a browser as a page. Pages of any origin may ask.

A code that is shown on air is scanned by everybody at once: its page is made for the first, and given to all who come while it
is made and LIVEHUB_JOURNEY_KEPT_S after. A code's own address is asked anew for each scan, which is counted; what it leads to
may be kept by caches for as long.
"""

import json
from collections.abc import Awaitable, Callable
from functools import partial
from hashlib import sha256
from math import ceil
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import ETag, hdrs, web
from msgspec import Struct, structs

from livehub.base.bounds import Bound, bounded
from livehub.base.config import Config
from livehub.base.errors import LivehubError, MethodNotAllowed, NotFound
from livehub.base.http import PATH_PART_CHARS_MAX, problem
from livehub.base.raw_calls import RawCall
from livehub.room.languages import preferred
from livehub.room.models import Language
from trace.batches import labels
from trace.batches.addresses import base_of
from trace.batches.errors import BatchNotFound, BoxNotFound
from trace.batches.saying import code_of
from trace.batches.scans import Scans
from trace.gs1.digital_links import DigitalLink, parse_path
from trace.gs1.errors import CodeUnreadable
from trace.gs1.identifiers import KEYS
from trace.journey import linkset, page, voucher
from trace.journey.brief_cache import BriefCache
from trace.journey.linkset import Level, Target
from trace.journey.schemas import Journey
from trace.journey.settings import JourneyConfig
from trace.journey.telling import Telling

CSS = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
CSS_KEPT_S = 300
RESOLVERS = "https://ref.gs1.org/standards/resolver/"
VOUCHER_CSS = (Path(__file__).parent / "voucher.css").read_text(encoding="utf-8")
# How pages are written: one that is written otherwise is another, whatever it tells.
PAGES = sha256(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))).hexdigest()
METHODS = "GET, HEAD, OPTIONS"
HTML, LINKSET, JSON, JSON_LD = "text/html", "application/linkset+json", "application/json", "application/ld+json"
LANGUAGES = ["zh", "en"]
TYPES_MAX = 20  # in an Accept; browsers send a handful
_CORS = {
    hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
    hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: "Link, Location, Content-Type",
}
_PREFLIGHT = _CORS | {
    hdrs.ACCESS_CONTROL_ALLOW_METHODS: METHODS,
    hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "Accept, Accept-Language",
    hdrs.ACCESS_CONTROL_MAX_AGE: "86400",
    hdrs.ALLOW: METHODS,
}

Handler = Callable[[web.Request], Awaitable[web.Response]]


class Shown(Struct, frozen=True):
    """A page that was made. `batch`: None: of a product; `tag`: that of what it tells, whenever it was read."""

    batch: str | None
    serial: str | None
    body: bytes
    tag: str


class Resolver:
    """`now_ms`: business time; `script`: the address of the page's script, where it is built."""

    def __init__(
        self,
        core: Config,
        config: JourneyConfig,
        telling: Telling,
        scans: Scans,
        now_ms: Callable[[], int],
        script: str | None = None,
    ) -> None:
        self._core = core
        self._pages: BriefCache[tuple[str, Language, str], Shown] = BriefCache(
            kept_s=config.journey_kept_s, most=config.journey_kept_max
        )
        kept_s = ceil(config.journey_kept_s)
        self._caching = f"public, max-age={kept_s}" if kept_s else "no-cache"
        self._zone = ZoneInfo(core.time_zone)
        self._telling = telling
        self._scans = scans
        self._now_ms = now_ms
        self._script = script

    def attach(self, app: web.Application) -> None:
        code = f"/{{key:{'|'.join(KEYS)}}}/{{rest:.*}}"
        for path, handler in (
            (code, self._resolve),
            (page.PAGES + code, self._page),
            (f"{page.PAGES}/batches/{{batch}}", self._of_batch),
            (f"{page.VOUCHERS}/{{batch}}", self._voucher),
            (voucher.CSS_PATH, _voucher_css),
            ("/.well-known/gs1resolver", self._describe),
            (page.CSS_PATH, _css),
        ):
            app.router.add_route(hdrs.METH_ANY, path, _open(handler))

    @staticmethod
    def raw_calls() -> list[RawCall]:
        """By GET, and HEAD and OPTIONS."""
        none, no_batch = (CodeUnreadable, NotFound, BatchNotFound, BoxNotFound), (BatchNotFound,)
        pages, links = {200: (HTML,), 304: ()}, {200: (HTML, LINKSET, JSON), 304: (), 307: ()}
        return [
            RawCall(
                "GET", "/{key}/{rest}", "What a scanned code leads to: /01/GTIN/10/LOT.", links, query=("linkType",),
                headers=("Accept", "Accept-Language"), refuses=none, standard=RESOLVERS,
            ),
            RawCall(
                "GET", f"{page.PAGES}/{{key}}/{{rest}}", "The page of a lot, a box or a product.", pages,
                headers=("Accept-Language",), refuses=none,
            ),
            RawCall("GET", f"{page.PAGES}/batches/{{batch}}", "The code of a batch.", {307: ()}, refuses=no_batch),
            RawCall(
                "GET", f"{page.VOUCHERS}/{{batch}}", "The traceability certificate of a batch, to print.", {200: (HTML,)},
                query=("lang",), headers=("Accept-Language",), refuses=no_batch,
            ),
            RawCall("GET", voucher.CSS_PATH, "The style sheet of those.", {200: ("text/css",)}),
            RawCall("GET", "/.well-known/gs1resolver", "What this resolver can.", {200: (JSON,)}, standard=RESOLVERS),
            RawCall("GET", page.CSS_PATH, "The style sheet of these pages.", {200: ("text/css",)}),
        ]  # fmt: skip

    async def _describe(self, request: web.Request) -> web.Response:
        base = base_of(request, self._core)
        return _json(linkset.description(base, base.partition("://")[2]), JSON)

    async def _resolve(self, request: web.Request) -> web.Response:
        path, _, query = request.raw_path.partition("?")
        link = parse_path(path, lenient=True)
        base, accepted, asked = base_of(request, self._core), _accepted(request), request.query.get("linkType", "")
        headers = {"Link": linkset.link_header(link.uri(base)), "Vary": "Accept, Accept-Language"}
        wants_links = asked in linkset.LINKSETS or (not asked and accepted[:1] in ([LINKSET], [JSON], [JSON_LD]))
        if HTML in accepted and not asked and not wants_links:
            return await self._shown(request, link, headers, is_scan=True)
        levels = await self._levels(link, base)
        if wants_links:
            headers[hdrs.CACHE_CONTROL] = self._caching
            return _json(linkset.linkset(levels), JSON if accepted[:1] == [JSON] else LINKSET, headers)
        target = linkset.chosen(levels, linkset.type_of(asked), accepted)
        target = target or linkset.chosen(levels, linkset.DEFAULT, accepted)
        assert target is not None, "each level has a default link"
        place = f"{target.href}{'&' if '?' in target.href else '?'}{query}" if query else target.href
        return web.Response(status=307, headers=headers | {hdrs.LOCATION: place, hdrs.CACHE_CONTROL: "no-cache"})

    async def _of_batch(self, request: web.Request) -> web.Response:
        """For those who know a batch by its id alone, such as what is on sale."""
        batch = request.match_info["batch"]
        if "\0" in batch or len(batch) > PATH_PART_CHARS_MAX:
            raise BatchNotFound
        path = page.PAGES + await self._telling.path_of(batch)
        return web.Response(status=307, headers={hdrs.LOCATION: path, hdrs.CACHE_CONTROL: "no-cache"})

    async def _voucher(self, request: web.Request) -> web.Response:
        """The traceability certificate of a batch."""
        batch, asked = request.match_info["batch"], request.query.get("lang", "")
        if "\0" in batch or len(batch) > PATH_PART_CHARS_MAX:
            raise BatchNotFound
        language = preferred(asked or request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
        base = base_of(request, self._core)
        journey = await self._telling.journey(batch, None, base, now_ms=self._now_ms())
        qr = labels.svg(code_of(journey.gtin, journey.lot), base)
        text = voucher.voucher(journey, language, self._zone, qr=qr, key=await self._telling.key())
        return _html(text, {hdrs.VARY: "Accept-Language"})

    async def _page(self, request: web.Request) -> web.Response:
        link = parse_path(request.raw_path.partition("?")[0].removeprefix(page.PAGES), lenient=True)
        uri = link.uri(base_of(request, self._core))
        headers: dict[str, str] = {
            hdrs.LINK: linkset.link_header(uri),
            hdrs.VARY: "Accept-Language",
            hdrs.CACHE_CONTROL: self._caching,
        }
        return await self._shown(request, link, headers)

    async def _shown(
        self, request: web.Request, link: DigitalLink, headers: dict[str, str], *, is_scan: bool = False
    ) -> web.Response:
        """`is_scan`: the address is that of a code; whoever follows a link of ours has scanned nothing."""
        language = preferred(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
        base = base_of(request, self._core)
        shown = await self._pages.get((link.path(), language, base), partial(self._made, link, language, base))
        if is_scan and request.method == hdrs.METH_GET and "prefetch" not in request.headers.get("Sec-Purpose", ""):
            self._scans.count(shown.batch, shown.serial, "", now_ms=self._now_ms())
        is_known = any(each.value in (shown.tag, "*") for each in request.if_none_match or ())
        response = _html("" if is_known else shown.body, headers, status=304 if is_known else 200)
        response.etag = ETag(shown.tag, is_weak=True)
        return response

    async def _made(self, link: DigitalLink, language: Language, base: str) -> Shown:
        """The page of a lot, a box or a product. Raises BatchNotFound, BoxNotFound, NotFound."""
        journey = await self._journey(link, base)
        if journey is None:
            text = page.product_page(link.key[1], await self._lots(link), language, self._zone)
            return Shown(None, None, text.encode(), _tag(text.encode()))
        text = page.journey_page(journey, language, self._zone, self._script)
        told = msgspec.json.encode(
            (PAGES, self._core.time_zone, language, self._script, structs.replace(journey, as_of=""))
        )
        return Shown(journey.batch, journey.serial, text.encode(), _tag(told))

    async def _journey(self, link: DigitalLink, base: str) -> Journey | None:
        """That of the lot; None: no lot is named. Raises BatchNotFound, BoxNotFound."""
        gtin, lot = link.value("01"), link.value("10")
        if gtin is None or lot is None:
            return None
        batch = await self._telling.batch_of(gtin, lot)
        return await self._telling.journey(batch, link.value("21"), base, now_ms=self._now_ms())

    async def _lots(self, link: DigitalLink) -> Any:
        """Those of the product. Raises NotFound for one of which there are none, and for what is no product."""
        key, value = link.key
        lots = [] if key != "01" or link.value("21") is not None else await self._telling.lots(value)
        if not lots:
            raise NotFound("This code is none of ours.")
        return lots

    async def _levels(self, link: DigitalLink, base: str) -> list[Level]:
        """From what was asked for up to the key. Raises BatchNotFound, BoxNotFound, NotFound."""
        journey = await self._journey(link, base)
        if journey is None:
            await self._lots(link)
        return [_level(each, base, journey) for each in link.levels()]


def _level(link: DigitalLink, base: str, journey: Journey | None) -> Level:
    shown = Target(
        href=base + page.PAGES + link.path(), title="溯源档案 / Where it comes from", type=HTML, hreflang=LANGUAGES
    )
    links = {linkset.DEFAULT: [shown], "pip": [shown]}
    if journey is not None and link.value("10") is not None:
        data = Target(
            href=f"{base}/api/batches/{journey.batch}/journey", title="溯源数据 / The journey as data", type=JSON
        )
        links["traceability"] = [shown, data]
        pictures = [
            Target(href=_absolute(each.picture, base), title=f"{each.kind} {each.number}".strip(), type="image/webp")
            for each in journey.certificates
            if each.picture is not None
        ]
        if pictures:
            links["certificationInfo"] = pictures
    name = f"GTIN {link.key[1]}" if journey is None or journey.title is None else journey.title
    description = ", ".join([name, *(f"({ai}) {value}" for ai, value in link.qualifiers)])
    return Level(anchor=link.uri(base), description=description, links=links)


def _absolute(address: str, base: str) -> str:
    return base + address if address.startswith("/") else address


def _accepted(request: web.Request) -> list[str]:
    """The media types that the client names, the dearest first; of equals the first."""
    found: list[tuple[float, int, str]] = []
    for at, each in enumerate(",".join(request.headers.getall(hdrs.ACCEPT, ())).split(",")[:TYPES_MAX]):
        type_, *parameters = each.replace(" ", "").lower().split(";")
        weight = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        try:
            found.append((-float(weight), at, type_))
        except ValueError:
            continue
    return [type_ for weight, _, type_ in sorted(found) if weight < 0]


def _open(handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """For pages of any origin, also what is refused; by GET, HEAD and OPTIONS."""

    @bounded(Bound.FILES, refused=_refused_openly)
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.method == hdrs.METH_OPTIONS:
            return web.Response(status=204, headers=_PREFLIGHT)
        try:
            if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD):
                raise MethodNotAllowed
            response = await handler(request)
        except LivehubError as error:
            return _refused_openly(request, error)
        response.headers.update(_CORS)
        return response

    return answer


def _refused_openly(request: web.Request, error: LivehubError) -> web.Response:
    response = _refused(request, error)
    response.headers.update(_CORS)
    return response


def _refused(request: web.Request, error: LivehubError) -> web.Response:
    response = problem(error)
    if error.status == MethodNotAllowed.status:
        response.headers[hdrs.ALLOW] = METHODS
        return response
    if HTML not in _accepted(request):
        return response
    headers = {name: value for name, value in response.headers.items() if name == hdrs.RETRY_AFTER}
    headers[hdrs.VARY] = "Accept, Accept-Language"
    kind = {400: "bad", 404: "unknown"}.get(error.status, "away")
    language = preferred(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
    return _html(page.refusal_page(kind, language), headers, status=error.status)


def _tag(told: bytes) -> str:
    return sha256(told).hexdigest()[:32]


def _html(text: str | bytes, headers: dict[str, str], *, status: int = 200) -> web.Response:
    own = {"Content-Security-Policy": page.CSP, hdrs.CACHE_CONTROL: "no-cache"}
    body = text.encode() if isinstance(text, str) else text
    return web.Response(body=body, status=status, content_type=HTML, charset="utf-8", headers=own | headers)


def _json(value: Any, content_type: str, headers: dict[str, str] | None = None) -> web.Response:
    body = json.dumps(value, ensure_ascii=False).encode()
    return web.Response(
        body=body, content_type=content_type, headers={hdrs.CACHE_CONTROL: "no-cache"} | (headers or {})
    )


async def _voucher_css(_request: web.Request) -> web.Response:
    headers = {hdrs.CACHE_CONTROL: f"public, max-age={CSS_KEPT_S}"}
    return web.Response(text=VOUCHER_CSS, content_type="text/css", charset="utf-8", headers=headers)


async def _css(_request: web.Request) -> web.Response:
    headers = {hdrs.CACHE_CONTROL: f"public, max-age={CSS_KEPT_S}"}
    return web.Response(text=CSS, content_type="text/css", charset="utf-8", headers=headers)
