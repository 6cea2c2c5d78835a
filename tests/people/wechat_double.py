"""WeChat's server as its documents have it: a code is good once and for one app, errors come with status 200, as text/plain.

https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

MINI, MINI_SECRET = "wxmini", "mini secret"
OFFICIAL, OFFICIAL_SECRET = "wxofficial", "official secret"
SESSION_KEY = "c2Vzc2lvbiBrZXkgb2Ygd2VjaGF0"
ERRORS = {40029: "invalid code", 40163: "code been used", 45011: "api minute-quota reach limit", 40226: "code blocked"}


class WechatDouble:
    """`error`: with what it answers the next call; `raw`: the same, byte by byte; `is_slow`: never in time."""

    def __init__(self) -> None:
        self.url = ""
        self.error = 0
        self.raw: bytes | None = None
        self.is_slow = False
        self.calls = 0
        self._codes: dict[str, tuple[str, dict[str, str]]] = {}
        self._used: set[str] = set()

    def code(self, app: str, openid: str, unionid: str = "") -> str:
        """A code for somebody who is in that app."""
        code = f"code{len(self._codes)}"
        self._codes[code] = (app, {"openid": openid, **({"unionid": unionid} if unionid else {})})
        return code

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/sns/jscode2session", self._mini)
        app.router.add_get("/sns/oauth2/access_token", self._official)
        return app

    async def _mini(self, request: web.Request) -> web.Response:
        return await self._answer(request, "js_code", (MINI, MINI_SECRET), {"session_key": SESSION_KEY})

    async def _official(self, request: web.Request) -> web.Response:
        more = {"access_token": "x", "expires_in": 7200, "refresh_token": "y", "scope": "snsapi_base"}
        return await self._answer(request, "code", (OFFICIAL, OFFICIAL_SECRET), more)

    async def _answer(
        self, request: web.Request, name: str, account: tuple[str, str], more: dict[str, Any]
    ) -> web.Response:
        self.calls += 1
        if self.is_slow:
            await asyncio.Event().wait()
        if self.raw is not None:
            return web.Response(body=self.raw, content_type="text/plain")
        code, asked = request.query[name], request.query
        if asked["grant_type"] != "authorization_code" or asked["appid"] != account[0]:
            return _refused(40013, "invalid appid")
        if asked["secret"] != account[1]:
            return _refused(40125, "invalid appsecret")
        if self.error:
            return _refused(self.error, ERRORS.get(self.error, "system error"))
        if code in self._used:
            return _refused(40163, ERRORS[40163])
        if code not in self._codes or self._codes[code][0] != account[0]:
            return _refused(40029, ERRORS[40029])
        self._used.add(code)
        return web.Response(text=json.dumps({**more, **self._codes[code][1]}), content_type="text/plain")


def _refused(errcode: int, errmsg: str) -> web.Response:
    return web.Response(text=json.dumps({"errcode": errcode, "errmsg": errmsg}), content_type="text/plain")


@asynccontextmanager
async def wechat_double() -> AsyncIterator[WechatDouble]:
    """One that is served on loopback."""
    double = WechatDouble()
    async with TestServer(double.application()) as server:
        double.url = str(server.make_url("")).rstrip("/")
        yield double
        double.is_slow = False
