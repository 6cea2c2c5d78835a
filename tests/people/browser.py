"""What a browser adds to the calls of a page: cookies that no script sees, and from where the call comes."""

import json
from http.cookies import SimpleCookie
from typing import Any

import altcha

from tests.base.served import Answer, Served


class Page:
    """A page of one app in one browser. `token`: what it keeps in memory."""

    def __init__(self, served: Served, app: str = "viewer", jar: dict[str, str] | None = None) -> None:
        self.served = served
        self.app = app
        self.jar: dict[str, str] = {} if jar is None else jar
        self.token: str | None = None

    async def call(self, call: str, body: Any = None, **headers: str) -> Answer:
        """With the cookies of the browser, as a page of ours makes it; what it is told to set is kept."""
        sent = {"Sec-Fetch-Site": "same-origin", "Cookie": "; ".join(f"{k}={v}" for k, v in self.jar.items())}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        answer = await self.served.call(call, body, role=None, headers={**sent, **headers})
        self._keep(self.served.set_cookies)
        return answer

    async def go(self, path: str, **headers: str) -> Answer:
        """Navigate there, from a page of somebody else; where it leads to is not followed."""
        sent = {"Sec-Fetch-Site": "cross-site", "Cookie": "; ".join(f"{k}={v}" for k, v in self.jar.items()), **headers}
        async with self.served.client.get(path, headers=sent, allow_redirects=False) as response:
            raw = await response.read()
            is_json = response.content_type.endswith("json")
            self._keep(response.headers.getall("Set-Cookie", []))
            return Answer(response.status, dict(response.headers), json.loads(raw) if is_json else None, raw)

    def _keep(self, set_cookies: list[str]) -> None:
        for header in set_cookies:
            for morsel in SimpleCookie(header).values():
                self.jar[morsel.key] = morsel.value
                if morsel["max-age"] == "0":
                    del self.jar[morsel.key]

    async def open(self, **body: Any) -> Any:
        """A token for whoever the cookie stands for, kept in memory."""
        answer = await self.call("POST /api/session", {"app": self.app, **body})
        assert answer.status == 200, answer
        self.token = answer.body["token"]
        return answer.body

    async def ask_for_code(self, phone: str) -> tuple[str, str]:
        """The challenge, and the code that would have come to the phone."""
        body = {"phone": phone, "app": self.app}
        asked = await self.call("POST /api/sign-in/phone", body)
        if asked.status == 428:  # as pages do
            asked = await self.call("POST /api/sign-in/phone", body | {"proof": solved(asked.body["proof"])})
        assert asked.status == 202, asked
        return asked.body["challenge"], await code_of(self.served, asked.body["challenge"])

    async def sign_in(self, phone: str, **body: Any) -> Any:
        """By the code that comes; the token is kept in memory."""
        challenge, code = await self.ask_for_code(phone)
        answer = await self.call(f"POST /api/sign-in/phone/{challenge}", {"code": code, "app": self.app, **body})
        assert answer.status == 200, answer
        self.token = answer.body["token"]
        return answer.body


async def code_of(served: Served, challenge: str) -> str:
    """As /dev/mailbox shows it."""
    shown = await served.call("GET /api/dev/codes", role=None)
    return next(str(each["code"]) for each in shown.body["items"] if each["challenge"] == challenge)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def solved(work: dict[str, object]) -> str:
    challenge = altcha.Challenge.from_dict(work)
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    return altcha.Payload(challenge, solution).to_base64()
