"""Who may do what: roles, permissions, and the tokens that carry them. Pure but for the clock its callers pass in.

The table PERMISSIONS is the one place that grants anything; tests/base/test_auth.py holds it, role by endpoint, against what
the server really answers. Tokens are JWT (RFC 7519) signed with HS256; the algorithm is fixed, never read from the token.
"""

from collections.abc import Callable
from enum import Enum
from unicodedata import normalize

import jwt
from msgspec import Struct

from livehub.base.errors import BadToken, Forbidden, SessionEnded, SigninTooOld, Unauthenticated
from livehub.base.text import is_plain, is_visible, one_line, shortened

ISSUER = "livehub"
ALGORITHM = "HS256"

FOREVER_S = 253_402_300_800  # 10000-01-01: no token lasts so long, and none without an end
TOKEN_CHARS_MAX = 4_096
EVERY_ROOM = "*"  # the value of the claim `rooms`
SESSION_ID_CHARS_MAX = 64
ID_BYTES_MAX = 255  # "It MUST NOT exceed 255 ASCII characters in length" (OpenID Connect Core 1.0, section 2: sub)
NAME_CHARS_MAX = 200


class Role(Enum):
    """What a token says a person is. A guest has no account: they read, like and answer."""

    GUEST = "guest"
    VIEWER = "viewer"
    HOST = "host"
    OPS = "ops"
    PICKER = "picker"
    COURIER = "courier"
    FARM = "farm"
    CARE = "care"
    ADMIN = "admin"

    __hash__ = object.__hash__  # asked on every message; a member is the same object wherever it is


class Permission(Enum):
    """One thing that may be allowed. Those of ROOM_RIGHTS hold in the rooms that are one's own."""

    WATCH = "watch"
    SPEAK = "speak"
    BUY = "buy"

    ANSWER_QUESTIONS = "answer_questions"
    RUN_SHOWS = "run_shows"
    MODERATE = "moderate"
    NAME_HOSTS = "name_hosts"

    RUN_EVERY_ROOM = "run_every_room"
    EDIT_PRICES = "edit_prices"
    EDIT_STOCK = "edit_stock"
    EDIT_WORDS = "edit_words"
    KEEP_RECORDINGS = "keep_recordings"
    SEE_REPORTERS = "see_reporters"
    SEE_ORDERS = "see_orders"
    SEE_FIGURES = "see_figures"
    BLOCK_PEOPLE = "block_people"
    REFUND = "refund"
    CARE = "care"
    PICK = "pick"
    COURIER = "courier"
    FARM = "farm"
    RECORD_STEPS = "record_steps"
    REPACK = "repack"
    SHIP = "ship"
    RUN_COLD_CHAIN = "run_cold_chain"
    EXCHANGE_EVENTS = "exchange_events"

    SEE_PEOPLE = "see_people"
    EXPORT = "export"
    CONFIGURE = "configure"
    GIVE_ROLES = "give_roles"
    SEE_AUDIT = "see_audit"

    __hash__ = object.__hash__


class RoomKind(Enum):
    """What somebody is in one room, whatever their role is."""

    HOST = "host"
    COHOST = "cohost"
    EXPERT = "expert"

    __hash__ = object.__hash__


_ANYONE = frozenset({Permission.WATCH})
# Anybody may be an expert of some room, who answers its questions; nobody answers those of another.
_SIGNED_IN = _ANYONE | {Permission.SPEAK, Permission.BUY, Permission.ANSWER_QUESTIONS}
_HOST = _SIGNED_IN | {Permission.RUN_SHOWS, Permission.MODERATE, Permission.NAME_HOSTS}
_CARE = _SIGNED_IN | {Permission.CARE, Permission.REFUND, Permission.SEE_ORDERS, Permission.SEE_PEOPLE}
# Runs the day. Not what touches everybody at once or cannot be taken back: who has which role, how the shop is set up, files
# with everybody's data, and single people's lives as a whole.
_OPS = _HOST | {
    Permission.RUN_EVERY_ROOM,
    Permission.EDIT_PRICES,
    Permission.EDIT_STOCK,
    Permission.EDIT_WORDS,
    Permission.KEEP_RECORDINGS,
    Permission.SEE_REPORTERS,
    Permission.SEE_ORDERS,
    Permission.SEE_FIGURES,
    Permission.BLOCK_PEOPLE,
    Permission.REFUND,
    Permission.CARE,
    Permission.PICK,
    Permission.FARM,
    Permission.RECORD_STEPS,
    Permission.REPACK,
    Permission.SHIP,
    Permission.RUN_COLD_CHAIN,
    Permission.EXCHANGE_EVENTS,
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.GUEST: _ANYONE,
    Role.VIEWER: _SIGNED_IN,
    Role.PICKER: _SIGNED_IN | {Permission.PICK, Permission.RECORD_STEPS, Permission.REPACK, Permission.SHIP},
    Role.COURIER: _SIGNED_IN | {Permission.COURIER, Permission.RECORD_STEPS},
    Role.FARM: _SIGNED_IN | {Permission.FARM, Permission.RECORD_STEPS, Permission.REPACK},
    Role.CARE: _CARE,
    Role.HOST: _HOST,
    Role.OPS: _OPS,
    Role.ADMIN: frozenset(Permission),
}

# A role says what somebody may do, this where: both must hold, unless the role runs every room.
ROOM_RIGHTS: dict[RoomKind, frozenset[Permission]] = {
    RoomKind.HOST: frozenset(
        {Permission.ANSWER_QUESTIONS, Permission.RUN_SHOWS, Permission.MODERATE, Permission.NAME_HOSTS}
    ),
    RoomKind.COHOST: frozenset({Permission.ANSWER_QUESTIONS, Permission.RUN_SHOWS, Permission.MODERATE}),
    RoomKind.EXPERT: frozenset({Permission.ANSWER_QUESTIONS}),
}


def is_staff(role: Role) -> bool:
    """Whether a role may anything that not every viewer may."""
    return bool(PERMISSIONS[role] - PERMISSIONS[Role.VIEWER])


IN_ROOMS = frozenset[Permission]().union(*ROOM_RIGHTS.values())

# What somebody who finds a screen left open must not be able to do: it wants a sign-in of the last `fresh_sign_in_s`.
WANTS_FRESH_SIGN_IN = frozenset({Permission.REFUND, Permission.EXPORT, Permission.GIVE_ROLES})


class Identity(Struct, frozen=True, kw_only=True):
    """A person as a token names them.

    `session`: the id of the session that the token was given for, "" for a token that stands by itself (a guest's, or one of
    `python -m livehub token`). `signed_in_s`: when they last proved who they are, `ends_s`: when the token ends, both Unix
    seconds, 0 where that is not said. `runs_every_room`: a host who needs not be one of the hosts of a room.
    """

    id: str
    name: str
    role: Role
    session: str = ""
    signed_in_s: int = 0
    ends_s: float = 0.0
    runs_every_room: bool = False

    def may(self, permission: Permission) -> bool:
        return permission in PERMISSIONS[self.role]

    @property
    def runs_all_rooms(self) -> bool:
        """Whether rights of rooms hold in all of them for this person, as far as their role has them."""
        return self.runs_every_room or self.may(Permission.RUN_EVERY_ROOM)

    def is_still(self, kind: RoomKind) -> bool:
        """Whether who was named that in a room is so still: hosts and co-hosts need the role of a host, experts none."""
        return kind is RoomKind.EXPERT or self.may(Permission.RUN_SHOWS)

    def may_in(self, permission: Permission, kind: RoomKind | None) -> bool:
        """Whether a right of rooms holds in one in which this person was named `kind`."""
        is_of_room = kind is not None and permission in ROOM_RIGHTS[kind] and self.is_still(kind)
        return (is_of_room or self.runs_all_rooms) and self.may(permission)


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


def require_fresh(identity: Identity, *, now_s: float, within_s: int) -> None:
    """Raise SigninTooOld unless they proved who they are in the last `within_s`. The clock of another machine may be ahead."""
    if now_s - identity.signed_in_s > within_s:
        raise SigninTooOld


class Tokens:
    """Signs and reads tokens with one secret.

    `has_ended`: whether a person's session ended, or they themselves may no more, before their token did. Told by
    livehub/people, which keeps what ended within the life of a token in memory.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self.has_ended: Callable[[Identity], bool] = _never

    def sign(self, identity: Identity, *, now_s: float, ttl_s: int) -> str:
        """A token for `identity`, valid from now for `ttl_s` seconds. Raises ValueError on an id that `read` would refuse,
        and on a name of which it would not keep the whole."""
        check_id(identity.id)
        name = one_line(identity.name)
        if len(name) > NAME_CHARS_MAX or not is_visible(name):
            raise ValueError(f"a person's name has 1 to {NAME_CHARS_MAX} characters, and something in it to see")
        claims = {
            "iss": ISSUER,
            "sub": identity.id,
            "name": identity.name,
            "role": identity.role.value,
            "iat": int(now_s),
            "exp": int(now_s) + ttl_s,
        }
        if identity.session:
            claims["sid"] = identity.session
        if identity.signed_in_s:
            claims["auth_time"] = identity.signed_in_s
        if identity.runs_every_room:
            claims["rooms"] = EVERY_ROOM
        return jwt.encode(claims, self._secret, ALGORITHM)

    def read(self, token: str, *, now_s: float, even_ended: bool = False) -> Identity:
        """Whom the token names. Raises BadToken when it is malformed, foreign, or over at `now_s`, and, unless `even_ended`,
        SessionEnded when its session ended before it.

        Whoever has the secret may sign tokens, so what they say is checked. An id that is no text for PostgreSQL, or that
        hides something from who reads it, is refused: cleaned it could be another person's. A name is for people, and cut
        or cleaned like any text, so that nobody is kept out by the half of an emoji at its end; without one, or with null, the
        id is shown.
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
                options={"require": ["sub", "role", "exp"], "verify_exp": False, "verify_iat": False},
            )
            id_ = str(claims["sub"])
            check_id(id_)
            name = _name(claims.get("name"))
            ends_s = float(claims["exp"])
            identity = Identity(
                id=id_,
                name=name or id_,
                role=Role(claims["role"]),
                session=_checked_session(claims.get("sid", "")),
                signed_in_s=int(claims.get("auth_time", 0)),
                ends_s=ends_s,
                runs_every_room=claims.get("rooms") == EVERY_ROOM,
            )
            over = not now_s < ends_s < FOREVER_S  # nor is NaN a time to come
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError) as error:
            raise BadToken from error
        if over:
            raise BadToken("The token is over. Sign in again.")
        if not even_ended and self.has_ended(identity):
            raise SessionEnded
        return identity


def _never(_identity: Identity) -> bool:
    return False


def check_id(id_: str) -> None:
    """Raise ValueError on a person's id that is too long, or in which something cannot be stored, or not seen."""
    if (
        not id_ or len(id_.encode()) > ID_BYTES_MAX
    ):  # half a surrogate pair is a UnicodeEncodeError, which is a ValueError
        raise ValueError(f"a person's id has 1 to {ID_BYTES_MAX} bytes")
    if id_.isascii() and id_.isprintable() and " " not in id_:
        return
    if one_line(id_) != normalize("NFC", id_) or not is_visible(id_) or not is_plain(id_):
        raise ValueError("a person's id has only characters that can be seen, and spaces only between them")


def _checked_session(id_: object) -> str:
    """The id of a session as it is. Raises ValueError on what is none of ours."""
    if not isinstance(id_, str) or len(id_) > SESSION_ID_CHARS_MAX or not id_.isascii():
        raise ValueError("a session's id is a short text")
    return id_


def _name(text: object) -> str:
    """What is kept of a name; "" when there is none, or nothing to see. Raises TypeError on what is no text."""
    if text is None:
        return ""
    if not isinstance(text, str):
        raise TypeError("a name is a text")
    name = shortened(one_line(text), NAME_CHARS_MAX)
    return name if is_visible(name) else ""
