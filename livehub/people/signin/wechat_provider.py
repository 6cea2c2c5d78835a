"""WeChat's server: a code for who somebody is. What it calls an error comes with status 200 and a number.

jscode2session         of a mini-program: code > openid, unionid, session_key (which goes no further than here)
sns/oauth2/access_token  of an official account: code > openid, unionid when the scope allows it
"""

import logging
from typing import Annotated

import aiohttp
import msgspec
from msgspec import Meta, Struct

from livehub.base.errors import LivehubError, TooFast, Unavailable
from livehub.people.errors import ProviderRefused, WechatRefusedPerson
from livehub.people.persons import Subject
from livehub.people.settings import PeopleConfig
from livehub.people.signin.answers import whole_answer

log = logging.getLogger("livehub.people.wechat")

RETRY_MS = 10_000
MINUTE_MS = 60_000
USED, BAD, BAD_APP_CODE = 40_163, 40_029, 41_008
TOO_OFTEN, RISKY = 45_011, 40_226


# Letters, digits, "-" and "_", 28 of them: more than that is no id of WeChat's, and "@" keeps an openid from a unionid below.
Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{0,128}\Z")]


class Answered(Struct, frozen=True, kw_only=True):
    """What is looked at of an answer."""

    openid: Id = ""
    unionid: Id = ""
    errcode: int = 0


class WechatProvider:
    """Raises ProviderRefused for a code that is not good (any more), WechatRefusedPerson, TooFast, Unavailable."""

    def __init__(self, config: PeopleConfig) -> None:
        self._config = config
        self._base = config.wechat_url.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=config.wechat_s_max)

    async def of_mini_program(self, code: str) -> list[Subject]:
        """Whose code of `wx.login` that is."""
        app, secret = self._config.wechat_mini_app_id, self._config.wechat_mini_secret
        asked = {"appid": app, "secret": secret, "js_code": code, "grant_type": "authorization_code"}
        return _subjects(await self._ask("/sns/jscode2session", asked), app)

    async def of_official_account(self, code: str) -> list[Subject]:
        """Whose code, come back by the browser, that is."""
        app, secret = self._config.wechat_official_app_id, self._config.wechat_official_secret
        asked = {"appid": app, "secret": secret, "code": code, "grant_type": "authorization_code"}
        return _subjects(await self._ask("/sns/oauth2/access_token", asked), app)

    async def _ask(self, path: str, asked: dict[str, str]) -> Answered:
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as session,
                session.get(self._base + path, params=asked, allow_redirects=False) as answer,
            ):
                body = await whole_answer(answer)
                if answer.status != 200:
                    raise _away(f"it answers {answer.status}")
                said = msgspec.json.decode(body, type=Answered)  # as text/plain, by its own account
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _away(type(error).__name__) from None  # what it says has the secret in its address
        if said.errcode != 0:
            raise _refusal(said.errcode)
        if not said.openid:
            raise _away("its answer names nobody")
        return said


def _subjects(said: Answered, app: str) -> list[Subject]:
    """The strongest first: a unionid is of all apps of an owner, an openid of one app alone."""
    named = [said.unionid] if said.unionid else []
    return [Subject("wechat", each) for each in (*named, f"{said.openid}@{app}")]


def _refusal(errcode: int) -> LivehubError:
    log.warning("wechat.refused", extra={"errcode": errcode})
    if errcode in (USED, BAD, BAD_APP_CODE):
        return ProviderRefused("This code of WeChat is not good any more. Try again.")
    if errcode == TOO_OFTEN:
        return TooFast("WeChat asks you to wait a minute.", retry_after_ms=MINUTE_MS)
    if errcode == RISKY:
        return WechatRefusedPerson()
    return _away(
        f"errcode {errcode}"
    )  # busy (-1), or its secret or app id is not ours: nothing that a person could mend


def _away(reason: str) -> Unavailable:
    log.warning("wechat.unavailable", extra={"reason": reason})
    return Unavailable("WeChat does not answer.", retry_after_ms=RETRY_MS)
