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

FOREVER_S = 253_402_300_800  # 10000-01-01: no token lasts so long, and none without an end
TOKEN_CHARS_MAX = 4_096
ID_CHARS_MAX = 64  # as livehub/room/models.py has it for whatever stands in a message, or a person could not be banned
NAME_CHARS_MAX = 200


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
    EDIT_STOCK = "edit_stock"

    __hash__ = object.__hash__


_ANYONE = frozenset({Permission.WATCH})
_SIGNED_IN = _ANYONE | {Permission.SPEAK, Permission.BUY}
_HOST = _SIGNED_IN | {Permission.RUN_SHOWS, Permission.MODERATE}
_OPS = _HOST | {Permission.EDIT_WORDS, Permission.KEEP_RECORDINGS, Permission.EDIT_STOCK}

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
        return permission in PERMISSIONS[self.role]

    @property
    def is_staff(self) -> bool:
        """Whether lines of this person are always shown and staff messages reach them."""
        return self.may(Permission.RUN_SHOWS)


GUEST = "guest-"  # begins the ids of those without a token


def guest(mark: str) -> Identity:
    """Somebody without a token; `mark` tells them from other guests."""
    return Identity(id=GUEST + mark, name="Guest", role=Role.GUEST)


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
        """A token for `identity`, valid from now for `ttl_s` seconds. Raises ValueError on an id or a name that `read`
        would refuse."""
        _check(identity)
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
        """Whom the token names. Raises BadToken when it is malformed, foreign, or over at `now_s`.

        Whoever has the secret may sign tokens, so what they say is checked: an id or a name that is no text for PostgreSQL
        would fail whatever it is written with.
        """
        if len(token) > TOKEN_CHARS_MAX:
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
            _check(identity)
            over = not now_s < float(claims["exp"]) < FOREVER_S  # nor is NaN a time to come
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError) as error:
            raise BadToken from error
        if over:
            raise BadToken("The token is over. Sign in again.")
        return identity


def _check(identity: Identity) -> None:
    """Raise ValueError on an id or a name that is too long, or has U+0000 or half a surrogate pair in it."""
    if not 1 <= len(identity.id) <= ID_CHARS_MAX or len(identity.name) > NAME_CHARS_MAX:
        raise ValueError(f"a person's id has 1 to {ID_CHARS_MAX} characters, their name at most {NAME_CHARS_MAX}")
    text = identity.id + identity.name
    text.encode()  # half a surrogate pair is a UnicodeEncodeError, which is a ValueError
    if "\0" in text:
        raise ValueError("a person's id and name cannot have U+0000 in them")
