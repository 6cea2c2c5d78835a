"""Bodies of the calls of sign-in."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from livehub.room.models import RoleName


class SessionRequest(Struct, frozen=True, kw_only=True):
    """Nothing: a guest. A name: a signed-in viewer, where this installation allows that."""

    name: Annotated[str, Meta(min_length=1, max_length=40)] | None = None


class Person(Struct, frozen=True, kw_only=True):
    """Whom a token speaks for."""

    id: str
    name: str
    role: RoleName


class Session(Struct, frozen=True, kw_only=True):
    """A token for the socket and for `Authorization: Bearer`, and when it ends."""

    token: str
    user: Person
    expires_at: datetime
