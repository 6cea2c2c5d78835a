"""Who may do what: roles, permissions, and the tokens that carry them. Pure but for the clock its callers pass in.

The table PERMISSIONS is the one place that grants anything; tests/base/test_auth.py holds it, role by endpoint, against what
the server really answers. Tokens are JWT (RFC 7519) signed with HS256; the algorithm is fixed, never read from the token.
"""

from enum import Enum

import jwt
from msgspec import Struct

from livehub.base.errors import BadToken, Forbidden, Unauthenticated

ISSUER = "livehub"
ALGORITHM = "HS256"


class Role(Enum):
    """What a token says a person is. A guest has no account: they read, like and answer."""

    GUEST = "guest"
    VIEWER = "viewer"
    HOST = "host"
    OPS = "ops"
    COURIER = "courier"
    ADMIN = "admin"

    __hash__ = object.__hash__  # asked on every message; a member is the same object wherever it is


class Permission(Enum):
    """One thing that may be allowed."""

    WATCH = "watch"
    SPEAK = "speak"
    BUY = "buy"
    RUN_SHOWS = "run_shows"
    MODERATE = "moderate"
    EDIT_WORDS = "edit_words"
    KEEP_RECORDINGS = "keep_recordings"

    __hash__ = object.__hash__


_ANYONE = frozenset({Permission.WATCH})
_SIGNED_IN = _ANYONE | {Permission.SPEAK, Permission.BUY}
_HOST = _SIGNED_IN | {Permission.RUN_SHOWS, Permission.MODERATE}
_OPS = _HOST | {Permission.EDIT_WORDS, Permission.KEEP_RECORDINGS}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.GUEST: _ANYONE,
    Role.VIEWER: _SIGNED_IN,
    Role.COURIER: _SIGNED_IN,
    Role.HOST: _HOST,
    Role.OPS: _OPS,
    Role.ADMIN: _OPS,
}


class Identity(Struct, frozen=True, kw_only=True):
    """A person as a token names them."""

    id: str
    name: str
    role: Role

    def may(self, permission: Permission) -> bool:
        """Whether the person's role grants it."""
        return permission in PERMISSIONS[self.role]

    @property
    def is_staff(self) -> bool:
        """Whether lines of this person are always shown and staff messages reach them."""
        return self.may(Permission.RUN_SHOWS)


def require(identity: Identity | None, permission: Permission) -> None:
    """Raise Unauthenticated for a guest or nobody, Forbidden for a role without `permission`."""
    if permission in _ANYONE or (identity is not None and identity.may(permission)):
        return
    if identity is None or identity.role is Role.GUEST:
        raise Unauthenticated
    raise Forbidden


class Tokens:
    """Signs and reads tokens with one secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def sign(self, identity: Identity, *, now_s: float, ttl_s: int) -> str:
        """A token for `identity`, valid from now for `ttl_s` seconds."""
        claims = {
            "iss": ISSUER,
            "sub": identity.id,
            "name": identity.name,
            "role": identity.role.value,
            "iat": int(now_s),
            "exp": int(now_s) + ttl_s,
        }
        return jwt.encode(claims, self._secret, ALGORITHM)

    def read(self, token: str, *, now_s: float) -> Identity:
        """Whom the token names. Raises BadToken when it is malformed, foreign, or over at `now_s`."""
        if len(token) > 4096:
            raise BadToken
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                # The time comes in as an argument, so it is checked here and not by the library's own clock.
                options={"require": ["sub", "name", "role", "exp"], "verify_exp": False, "verify_iat": False},
            )
            identity = Identity(id=str(claims["sub"]), name=str(claims["name"]), role=Role(claims["role"]))
            over = float(claims["exp"]) <= now_s
        except (jwt.InvalidTokenError, ValueError, TypeError) as error:
            raise BadToken from error
        if over:
            raise BadToken("The token is over. Sign in again.")
        return identity
