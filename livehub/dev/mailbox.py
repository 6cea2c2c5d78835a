"""Codes that `demo` shows instead of sending them: a page for people, a call for programs, both for this machine alone.

Says also to others who is at this machine.
"""

from collections.abc import Sequence
from html import escape

from aiohttp import web

from commerce.payments.sandbox.access import DemoOnly
from livehub.base.auth import Permission
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.errors import Forbidden, ForeignOrigin
from livehub.base.module import Context, Part
from livehub.base.sql import queries
from livehub.dev.schemas import DevCode, DevCodes, DevCodesQuery
from livehub.dev.this_machine import ThisMachine, check_this_machine
from livehub.people.signin.code_sender import CodeSender

Q = queries(__file__, "mailbox.sql")

SHOWN_MAX = 50
KEPT_MS = 3_600_000
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="3">
<title>Mailbox · livehub demo</title>
<h1>Mailbox</h1>
<p>Codes that a real shop would send to phones. 演示环境的验证码，正式环境会发送到手机。</p>
<table>
<thead><tr><th>Phone<th>Code</thead>
<tbody>{rows}</tbody>
</table>
</html>
"""


class Mailbox(Part):
    """Fills the ports CodeSender and DemoOnly."""

    mailbox: str | None = "/dev/mailbox"

    def __init__(self, context: Context) -> None:
        self._database: Database = context.database
        self._public_url = context.settings.core.public_url
        context.provide(CodeSender, self)
        context.provide(DemoOnly, ThisMachine(self._public_url))

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            get(
                "/api/dev/codes", self.codes, may=Permission.WATCH, query=DevCodesQuery, reply=DevCodes,
                errors=(Forbidden, ForeignOrigin),
            )
        ]  # fmt: skip

    def attach(self, app: web.Application) -> None:
        app.router.add_get(str(self.mailbox), self._page)

    async def send(self, *, challenge: str, phone: str, code: str, purpose: str, now_ms: int) -> None:
        """Show it. Raises Unavailable."""
        del purpose
        async with self._database.transaction() as tx:
            await tx.connection.execute(Q["forget"], now_ms - KEPT_MS)
            await tx.connection.execute(Q["keep"], challenge, phone, code, now_ms)

    async def codes(self, call: Call[None]) -> DevCodes:
        """The codes that were asked for lately, the newest first."""
        query: DevCodesQuery = call.query
        return DevCodes(items=await self._shown(call.request, query.phone))

    async def _page(self, request: web.Request) -> web.Response:
        rows = "".join(
            f"<tr><td>{escape(each.phone)}<td><code>{escape(each.code)}</code>"
            for each in await self._shown(request, None)
        )
        headers = {"Cache-Control": "no-store"}
        return web.Response(text=PAGE.format(rows=rows), content_type="text/html", headers=headers)

    async def _shown(self, request: web.Request, phone: str | None) -> list[DevCode]:
        check_this_machine(request, self._public_url)
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["codes"], phone, SHOWN_MAX)
        return [DevCode(**dict(row)) for row in rows]
