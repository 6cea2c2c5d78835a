"""HTTP: a token for whoever asks, as a guest or by name."""

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from livehub.base import errors
from livehub.base.addresses import client_network
from livehub.base.auth import Identity, Permission, Role, guest
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.limits import RateLimiter, check_wait
from livehub.base.module import Context, Part
from livehub.hub.sessions.schemas import Person, Session, SessionRequest
from livehub.hub.sessions.settings import SessionsConfig
from livehub.room.moderation import clean


class Sessions(Part):
    def __init__(self, context: Context) -> None:
        self._config = config = context.config(SessionsConfig)
        self._tokens = context.tokens
        self._real_s = context.clock.real_s  # tokens go by real time, wherever business time is
        self._limit = RateLimiter(
            per_s_max=config.sessions_per_s_max, burst_max=config.sessions_burst_max, keys_max=config.limiter_keys_max
        )

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            post(
                "/api/session", self.sign_in, may=Permission.WATCH, body=SessionRequest, reply=Session, writes=False,
                errors=(errors.SignInClosed,),
            ),
            get("/api/session", self.who, reply=Person, errors=(errors.Unauthenticated,)),
        ]  # fmt: skip

    async def sign_in(self, call: Call[SessionRequest]) -> Session:
        """Get a token: as a guest, or by name where this installation allows that."""
        network = client_network(call.request, trust_proxy=self._config.trust_proxy)
        check_wait(self._limit.wait_s(network, time.monotonic()))
        chance = ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES))
        if call.body.name is None:
            identity, ttl_s = guest(chance), self._config.guest_token_ttl_s
        else:
            if not self._config.sign_in_by_name:
                raise errors.SignInClosed
            identity = Identity(id=f"viewer-{chance}", name=clean(call.body.name, 40), role=Role.VIEWER)
            ttl_s = self._config.token_ttl_s
        now_s = self._real_s()
        return Session(
            token=self._tokens.sign(identity, now_s=now_s, ttl_s=ttl_s),
            user=_person(identity),
            expires_at=datetime.fromtimestamp(int(now_s) + ttl_s, UTC),
        )

    async def who(self, call: Call[None]) -> Person:
        """Whom the token speaks for."""
        if call.identity is None:
            raise errors.Unauthenticated
        return _person(call.identity)


def _person(identity: Identity) -> Person:
    return Person(id=identity.id, name=identity.name, role=identity.role.value)
