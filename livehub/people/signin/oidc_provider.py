"""What we ask of an OpenID provider: its addresses, its keys, and an ID token for a code. Every answer is bounded in size and
time; addresses and keys are kept, and asked for again when they are old, or when a token names a key that is not among them.
"""

import asyncio
import logging
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote_plus

import aiohttp
import msgspec
from msgspec import Struct

from livehub.base.errors import Unavailable
from livehub.base.limits import RateLimiter
from livehub.people.errors import ProviderRefused
from livehub.people.settings import PeopleConfig
from livehub.people.signin.answers import whole_answer

log = logging.getLogger("livehub.people.oidc")

ANSWER_BYTES_MAX = 262_144
KEPT_S = 3_600.0
# Keys are asked for before they are old when a token names one that is not there: so often a name, and so often in all, at
# once and then. A provider that changes its keys twice in a minute is followed; one whose tokens name made-up ones is not
# asked more than that.
PAUSE_S = 60.0
EARLY_MAX = 4
RETRY_MS = 10_000
WELL_KNOWN = "/.well-known/openid-configuration"
T = TypeVar("T")


class Addresses(Struct, frozen=True, kw_only=True):
    """Of the provider's metadata, what we need (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class KeySet(Struct, frozen=True, kw_only=True):
    """Keys as they come (RFC 7517, section 5)."""

    keys: list[dict[str, Any]]


class Exchanged(Struct, frozen=True, kw_only=True):
    """The answer to a code."""

    id_token: str


class Provider:
    """One provider, as a process knows it."""

    def __init__(self, config: PeopleConfig, real_s: Callable[[], float]) -> None:
        self._config = config
        self._real_s = real_s
        self._timeout = aiohttp.ClientTimeout(total=config.oidc_s_max)
        self._lock = asyncio.Lock()
        self._addresses: Addresses | None = None
        self._asked_s = 0.0
        self._keys: Sequence[Mapping[str, Any]] = ()
        self._keys_asked_s = 0.0
        self._early = RateLimiter(per_s_max=1 / PAUSE_S, burst_max=EARLY_MAX, keys_max=1)
        self._missing: dict[str, float] = {}  # names of keys that were looked for in vain: when

    async def addresses(self) -> Addresses:
        """Where its parts are. Raises Unavailable."""
        async with self._lock:
            if self._addresses is None or not 0 <= self._real_s() - self._asked_s < KEPT_S:
                found = await self._get(self._config.oidc_issuer.rstrip("/") + WELL_KNOWN, Addresses)
                places = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
                scheme = self._config.oidc_issuer.partition(":")[0]
                if found.issuer != self._config.oidc_issuer or not all(
                    place.startswith(("https://", f"{scheme}://")) for place in places
                ):
                    raise self._away("its metadata is of another issuer, or leads to where nothing is encrypted")
                self._addresses, self._asked_s = found, self._real_s()
            return self._addresses

    async def keys(self) -> Sequence[Mapping[str, Any]]:
        """Its public keys. Raises Unavailable."""
        addresses = await self.addresses()
        async with self._lock:
            if not self._keys or not 0 <= self._real_s() - self._keys_asked_s < KEPT_S:
                await self._ask_for_keys(addresses)
            return self._keys

    async def keys_with(self, kid: str | None) -> Sequence[Mapping[str, Any]]:
        """The same, asked for again if none is called so, unless that was done just now. Raises Unavailable."""
        addresses = await self.addresses()
        async with self._lock:
            name, now_s = kid or "", self._real_s()
            self._missing = {each: at_s for each, at_s in self._missing.items() if 0 <= now_s - at_s < PAUSE_S}
            is_there = any(key.get("kid") == kid for key in self._keys)  # somebody else has just asked
            if not is_there and name not in self._missing and not self._early.wait_s("keys", now_s):
                await self._ask_for_keys(addresses)
                if not any(key.get("kid") == kid for key in self._keys):
                    self._missing[name] = now_s
            return self._keys

    async def _ask_for_keys(self, addresses: Addresses) -> None:
        self._keys = (await self._get(addresses.jwks_uri, KeySet)).keys
        self._keys_asked_s = self._real_s()

    async def exchange(self, code: str, *, verifier: str, redirect_uri: str) -> str:
        """The ID token for a code. Raises ProviderRefused, Unavailable."""
        addresses = await self.addresses()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._config.oidc_client_id,
            "code_verifier": verifier,
        }
        headers = {"Accept": "application/json"}
        if secret := self._config.oidc_client_secret:
            if "client_secret_basic" in addresses.token_endpoint_auth_methods_supported:
                # "encoded using the application/x-www-form-urlencoded encoding algorithm" (RFC 6749, section 2.3.1)
                pair = f"{quote_plus(self._config.oidc_client_id)}:{quote_plus(secret)}"
                headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
            else:
                form["client_secret"] = secret
        status, body = await self._ask("POST", addresses.token_endpoint, data=form, headers=headers)
        if status in (400, 401, 403):
            log.warning("oidc.refused", extra={"status": status, "answer": body[:500].decode(errors="replace")})
            raise ProviderRefused
        return self._decoded(status, body, Exchanged).id_token

    async def _get(self, address: str, type_: type[T]) -> T:
        status, body = await self._ask("GET", address, headers={"Accept": "application/json"})
        return self._decoded(status, body, type_)

    async def _ask(self, method: str, address: str, **sent: Any) -> tuple[int, bytes]:
        try:
            # One session a call: staff sign in rarely, and a provider closes what waits for the next.
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as session,
                session.request(method, address, allow_redirects=False, **sent) as answer,
            ):
                return answer.status, await whole_answer(answer, ANSWER_BYTES_MAX)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise self._away(repr(error)) from error

    def _decoded(self, status: int, body: bytes, type_: type[T]) -> T:
        if status != 200:
            raise self._away(f"it answers {status}")
        try:
            return msgspec.json.decode(body, type=type_)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._away("its answer is not as expected") from error

    def _away(self, reason: str) -> Unavailable:
        log.warning("oidc.unavailable", extra={"issuer": self._config.oidc_issuer, "reason": reason})
        return Unavailable("The sign-in provider does not answer.", retry_after_ms=RETRY_MS)
