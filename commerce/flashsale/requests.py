"""What the stock engine is asked, and how it answers: names as the rest of the product knows them. Pure: no I/O.

These travel from the workers to the engine; book.py turns them into the numbers of the kernel, and back.
"""

from typing import ClassVar

from msgspec import Struct


class Units(Struct, frozen=True, array_like=True, gc=False):
    """So many units of a resource."""

    resource: str
    units: int


class Request(Struct, frozen=True, array_like=True):
    """One of those below."""


class Reserve(Request, frozen=True, array_like=True, tag="reserve"):
    """Hold all of `lines` for `person`, for `ttl_ms`. `also`: two more limit keys (a phone, a household), "" for none; a person
    and a phone of the same name are two. The same `person` and `key` again, for the same lines, is the same hold.
    """

    person: str
    key: str
    lines: tuple[Units, ...]
    ttl_ms: int
    also: tuple[str, str] = ("", "")


class Confirm(Request, frozen=True, array_like=True, tag="confirm"):
    """They are bought. `lines`: how much of each, when it is not all; the rest is free."""

    hold: str
    lines: tuple[Units, ...] = ()


class Release(Request, frozen=True, array_like=True, tag="release"):
    """They are not wanted any more. `person`: only if it is their hold; None: whoever's."""

    hold: str
    person: str | None = None


class Close(Request, frozen=True, array_like=True, tag="close"):
    """A payment is under way: for `ttl_ms` from now, at least, the hold does not expire, and is not released by Release."""

    hold: str
    ttl_ms: int


class ReleaseClosing(Request, frozen=True, array_like=True, tag="release_closing"):
    """The payment did not come; the hold was closing."""

    hold: str


class Adjust(Request, frozen=True, array_like=True, tag="adjust"):
    """So many units more of a resource, fewer when negative."""

    resource: str
    units: int


class Alias(Request, frozen=True, array_like=True, tag="alias"):
    """`person` turned out to be `whom`: their limits are one from now on."""

    person: str
    whom: str


class Unalias(Request, frozen=True, array_like=True, tag="unalias"):
    """They did not; what each has is counted apart again."""

    person: str


class Resource(Struct, frozen=True, kw_only=True):
    """There are `units` of `id`, reserved in [opens_ms, closes_ms), Unix ms. `limits`: how much a person, and each of the two
    other limit keys, may have; 0: as much as they like, for ever.
    """

    id: str
    units: int
    limits: tuple[int, int, int] = (0, 0, 0)
    opens_ms: int = 0
    closes_ms: int = 2**62


class Held(Struct, frozen=True, array_like=True, tag="held"):
    """Answer to Reserve: the hold, `expires_ms` in Unix ms."""

    hold: str
    expires_ms: int
    lines: tuple[Units, ...]


class Done(Struct, frozen=True, array_like=True, tag="done"):
    """Answer to everything else. `again`: it had been done before."""

    again: bool = False


class Refused(Struct, frozen=True, array_like=True, tag="refused"):
    """Nothing was changed. `code`: of the kernel, or one of those here; `resource`: which line's it is, if one's; `left`: units
    free, or the limit, or the least that may remain; `has`: what the limit key has.
    """

    UNKNOWN_RESOURCE: ClassVar[int] = 64
    TOO_MANY_LINES: ClassVar[int] = 65
    NOT_YOURS: ClassVar[int] = 66

    code: int
    resource: str = ""
    left: int = 0
    has: int = 0


Answer = Held | Done | Refused

# What is decoded: a Request as one of these.
REQUESTS = Reserve | Confirm | Release | Close | ReleaseClosing | Adjust | Alias | Unalias
