"""The page of a payment at the sandbox, for the buyer's phone: what is to be paid, and three buttons; in `demo` all of them.

Made here and not with the other pages, as a provider's page is none of the shop's. Nothing in it needs inline scripts
or styles.
"""

from html import escape
from pathlib import Path

import msgspec
from aiohttp import web

from commerce.money import exponent
from commerce.payments.errors import PaymentNotFound
from commerce.payments.sandbox.access import Access
from commerce.payments.sandbox.acting import ACTIONS, Account
from commerce.payments.sandbox.books import Books
from commerce.payments.sandbox.provider import PAGE
from commerce.payments.sandbox.words import WORDS, language_of
from livehub.base.http import PATH_PART_CHARS_MAX, HttpEdge

FOLDER = Path(__file__).parent / "page"
ASSETS = {"page.css": "text/css", "page.js": "text/javascript"}
SIGNS = {"CNY": "¥", "USD": "$", "EUR": "€", "JPY": "¥", "HKD": "HK$", "GBP": "£"}


class SandboxPages:
    def __init__(self, books: Books, access: Access, edge: HttpEdge) -> None:
        self._books = books
        self._access = access
        self._edge = edge
        self._page = (FOLDER / "page.html").read_text(encoding="utf-8")
        self._drawer = (FOLDER / "drawer.html").read_text(encoding="utf-8")
        self._assets = {name: (FOLDER / name).read_text(encoding="utf-8") for name in ASSETS}

    def attach(self, app: web.Application) -> None:
        app.router.add_get(PAGE + "/assets/{name}", self._asset)
        app.router.add_get(PAGE + "/{payment}", self._shown)

    async def _asset(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in ASSETS:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "no-cache"}
        return web.Response(text=self._assets[name], content_type=ASSETS[name], charset="utf-8", headers=headers)

    async def _shown(self, request: web.Request) -> web.Response:
        id_, key = request.match_info["payment"], request.query.get("k", "")
        if "\0" in id_ or len(id_) > PATH_PART_CHARS_MAX:
            raise PaymentNotFound
        may_all = await self._access.check(request, id_, key, self._edge.identify(request))
        account = await self._books.account(id_)
        if account is None:
            raise PaymentNotFound
        language = language_of(request.query.get("lang", ""), request.headers.get("Accept-Language", ""))
        text = page(self._page, self._drawer if may_all else "", account, key=key, language=language)
        headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Language": language}
        return web.Response(text=text, content_type="text/html", charset="utf-8", headers=headers)


def page(form: str, drawer: str, account: Account, *, key: str, language: str) -> str:
    """The page in `language`; `drawer`: the form of what only `demo` has, "" without it."""
    words = WORDS[language]
    states = msgspec.json.encode({name: words[name] for name in ("open", "paid", "failed", "closed", "wait", "away")})
    if drawer:
        buttons = "".join(
            f'<button type="button" value="{action}">{escape(words[action])}</button>' for action in ACTIONS
        )
        names = ("heading", "notify", "once", "twice", "none", "delay")
        drawer = drawer.format(buttons=buttons, **{name: escape(words[name]) for name in names})
    named = {name: escape(words[name]) for name in ("title", "mark", "cancel", "back")}
    return form.format(
        language=language,
        payment=escape(account.id),
        key=escape(key),
        state=account.state,
        description=escape(account.description),
        amount=escape(amount(account.amount_minor, account.currency)),
        return_url=escape(account.return_url if account.return_url.startswith(("http://", "https://")) else "/"),
        pay=escape(words["pay"]),
        decline=escape(words["decline"]),
        drawer=drawer,
        words=states.decode().replace("<", "\\u003c"),
        **named,
    )


def amount(amount_minor: int, currency: str) -> str:
    """A sum of money for people: `¥59.30`."""
    digits = exponent(currency)
    whole, rest = divmod(amount_minor, 10**digits)
    sign = SIGNS.get(currency, f"{currency} ")
    return f"{sign}{whole:,}.{rest:0{digits}d}" if digits else f"{sign}{whole:,}"
