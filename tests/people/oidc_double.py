"""An OpenID provider that signs what the test says; it checks PKCE and uses each code once, as OpenID Connect Core and RFC 7636
have it. For what a provider that behaves does not do; one that does is in test_oidc_mock.py.
"""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwk, jwt
from yarl import URL

CLIENT = "livehub-tests"


class OidcDouble:
    """`keys`: what it publishes. `calls`: how often each of its addresses was asked."""

    def __init__(self) -> None:
        self.key = jwk.RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
        self.keys: list[dict[str, Any]] = [self.key.as_dict(private=False)]
        self.calls: dict[str, int] = {}
        self.issuer = ""
        self.token: str | None = None  # given for any code, instead of a good one
        self.metadata: dict[str, Any] = {}  # instead of what is so
        self._codes: dict[str, dict[str, Any]] = {}

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/jwks", self._jwks)
        app.router.add_post("/token", self._token)
        return app

    def authorize(self, there: str, **claims: Any) -> str:
        """What the person's browser is sent back with, once they have signed in: a path and query of the server's."""
        asked = URL(there).query
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self._codes)}"
        self._codes[code] = {"asked": dict(asked), "claims": claims}
        back = URL(asked["redirect_uri"]).update_query(state=asked["state"], code=code)
        return back.raw_path_qs

    def claims(self, there: str, now_s: float, **changes: Any) -> dict[str, Any]:
        """Those of a good ID token, but for `changes`; None leaves one out."""
        said = {
            "iss": self.issuer, "aud": CLIENT, "sub": "ann", "nonce": URL(there).query["nonce"], "name": "Ann Li",
            "iat": int(now_s), "exp": int(now_s) + 300, "roles": ["shop-ops"],
            "auth_time": int(now_s),
        }  # fmt: skip
        return {name: value for name, value in {**said, **changes}.items() if value is not None}

    def signed(self, claims: dict[str, Any], key: Any = None, **header: Any) -> str:
        return jwt.encode(
            {"alg": "RS256", "kid": "first", **header}, claims, key or self.key, algorithms=["RS256", "HS256"]
        )

    def _counted(self, what: str) -> None:
        self.calls[what] = self.calls.get(what, 0) + 1

    async def _discovery(self, _request: web.Request) -> web.Response:
        self._counted("discovery")
        places = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/jwks"}
        found = {"issuer": self.issuer, **{name: self.issuer + path for name, path in places.items()}}
        return web.json_response({**found, **self.metadata})

    async def _jwks(self, _request: web.Request) -> web.Response:
        self._counted("jwks")
        return web.json_response({"keys": self.keys})

    async def _token(self, request: web.Request) -> web.Response:
        self._counted("token")
        form = await request.post()
        code = self._codes.pop(str(form.get("code")), None)
        if code is None or not _is_proved(str(form.get("code_verifier")), code["asked"]):
            return web.json_response({"error": "invalid_grant"}, status=400)
        if form["redirect_uri"] != code["asked"]["redirect_uri"] or form["client_id"] != CLIENT:
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response(
            {"access_token": "x", "token_type": "Bearer", "id_token": self.token or self.signed(code["claims"])}
        )


def _is_proved(verifier: str, asked: dict[str, str]) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return len(verifier) >= 43 and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]


def unsigned(claims: dict[str, Any], **header: Any) -> str:
    """A token with `alg: none`."""

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none', **header})}.{part(claims)}."


@asynccontextmanager
async def oidc_double() -> AsyncIterator[OidcDouble]:
    """One that is served on loopback."""
    double = OidcDouble()
    async with TestServer(double.application()) as server:
        double.issuer = str(server.make_url("")).rstrip("/")
        yield double
