"""What the stock engine is asked, and how it answers: names as the rest of the product knows them. Pure: no I/O.

These travel from the workers to the engine; book.py turns them into the numbers of the kernel, and back.
"""

from typing import ClassVar

from msgspec import Struct

from commerce.flashsale.codes import HELD


class Units(Struct, frozen=True, array_like=True, gc=False):
    """So many units of a resource."""

    resource: str
    units: int


class Request(Struct, frozen=True, array_like=True, gc=False):
    """One of those below."""


class Reserve(Request, frozen=True, array_like=True, gc=False, tag="reserve"):
    """Hold all of `lines` for `person`, for `ttl_ms`. `also`: two more limit keys (a phone, a household), "" for none; a person
    and a phone of the same name are two. The same `person` and `key` again, for the same lines, is the same hold. `late`: also
    of resources that are closed by now, for who had asked in time.
    """

    person: str
    key: str
    lines: tuple[Units, ...]
    ttl_ms: int
    also: tuple[str, str] = ("", "")
    late: bool = False


class Confirm(Request, frozen=True, array_like=True, gc=False, tag="confirm"):
    """They are bought. `lines`: how much of each, when it is not all; the rest is free."""

    hold: str
    lines: tuple[Units, ...] = ()


class Release(Request, frozen=True, array_like=True, gc=False, tag="release"):
    """They are not wanted any more. `person`: only if it is their hold; None: whoever's."""

    hold: str
    person: str | None = None


class Close(Request, frozen=True, array_like=True, gc=False, tag="close"):
    """A payment is under way: for `ttl_ms` from now, at least, the hold does not expire, and is not released by Release."""

    hold: str
    ttl_ms: int


class ReleaseClosing(Request, frozen=True, array_like=True, gc=False, tag="release_closing"):
    """The payment did not come; the hold was closing."""

    hold: str


class Adjust(Request, frozen=True, array_like=True, gc=False, tag="adjust"):
    """So many units more of a resource, fewer when negative. `key`, when there is one: the same again is the same change."""

    resource: str
    units: int
    key: str = ""


class Alias(Request, frozen=True, array_like=True, gc=False, tag="alias"):
    """`person` turned out to be `whom`: their limits are one from now on."""

    person: str
    whom: str


class Unalias(Request, frozen=True, array_like=True, gc=False, tag="unalias"):
    """They did not; what each has is counted apart again."""

    person: str


class Resource(Struct, frozen=True, array_like=True, kw_only=True):
    """There are `units` of `id`, reserved in [opens_ms, closes_ms), Unix ms. `limits`: how much a person, and each of the two
    other limit keys, may have; 0: as much as they like, for ever.
    """

    id: str
    units: int
    limits: tuple[int, int, int] = (0, 0, 0)
    opens_ms: int = 0
    closes_ms: int = 2**62


class Take(Request, frozen=True, array_like=True, gc=False, tag="take"):
    """As Reserve and Confirm at once, for what costs nothing, or is paid already."""

    person: str
    key: str
    lines: tuple[Units, ...]
    also: tuple[str, str] = ("", "")
    late: bool = False


class Put(Request, frozen=True, array_like=True, gc=False, tag="put"):
    """Add a resource, or change when it opens and closes, and its limits; of one that is known, `units` are not looked at.
    `within`: a resource of whose free units a new one is a quota; BELOW, with how many are free, when there are fewer.
    `made_of`: several, of each of which every unit of the new one takes so many; BELOW with how many units that is enough for.
    """

    resource: Resource
    within: str = ""
    made_of: tuple[Units, ...] = ()


class Wait(Request, frozen=True, array_like=True, gc=False, tag="wait"):
    """As Reserve, and when it is sold out: stand in line for what comes back. A person stands in the line of the first of
    `lines` once. Whoever's turn it is gets a hold under `key`, for `ttl_ms` from then. `look`: only say the place of somebody
    who stands there; NOT_IN_LINE: they don't.
    """

    person: str
    key: str
    lines: tuple[Units, ...]
    ttl_ms: int
    also: tuple[str, str] = ("", "")
    look: bool = False


class Unwait(Request, frozen=True, array_like=True, gc=False, tag="unwait"):
    """Leave the line of a resource."""

    person: str
    resource: str


class Retire(Request, frozen=True, array_like=True, gc=False, tag="retire"):
    """Forget a resource that is closed and of which nothing is held; PostgreSQL keeps everything. OVER: it is not yet."""

    resource: str


class Report(Request, frozen=True, array_like=True, gc=False, tag="report"):
    """Requests for a resource that were refused, by the name of the refusal, before the engine was asked."""

    resource: str
    refused: dict[str, int]


class Watch(Request, frozen=True, array_like=True, gc=False, tag="watch"):
    """What has been asked for of a resource, and how it was answered."""

    resource: str


class Held(Struct, frozen=True, array_like=True, gc=False, tag="held"):
    """Answer to Reserve: the hold, `expires_ms` in Unix ms, its `state` by now (codes.py)."""

    hold: str
    expires_ms: int
    lines: tuple[Units, ...]
    state: int = HELD


class Waiting(Struct, frozen=True, array_like=True, gc=False, tag="waiting"):
    """Answer to Wait: `place` in line, from 1 on."""

    place: int


class Watched(Struct, frozen=True, array_like=True, gc=False, tag="watched"):
    """Answer to Watch, since the engine leads: requests, those answered with a hold, and refusals by code; `before`: those that
    were refused before it was asked, by name; `waiting`: how many stand in line now.
    """

    asked: int
    held: int
    refused: dict[int, int]
    waiting: int
    before: dict[str, int] = {}


class Done(Struct, frozen=True, array_like=True, gc=False, tag="done"):
    """Answer to everything else. `again`: it had been done before."""

    again: bool = False


class Refused(Struct, frozen=True, array_like=True, gc=False, tag="refused"):
    """Nothing was changed. `code`: of the kernel, or one of those here; `resource`: which line's it is, if one's; `left`: units
    free, or the limit, or the least that may remain; `has`: what the limit key has, or, of what is
    sold out, the person.
    """

    UNKNOWN_RESOURCE: ClassVar[int] = 64
    TOO_MANY_LINES: ClassVar[int] = 65
    NOT_YOURS: ClassVar[int] = 66
    BUSY: ClassVar[int] = 67  # `left`: ms after which to come again
    LINE_FULL: ClassVar[int] = 68
    NOT_IN_LINE: ClassVar[int] = 70
    DEFECT: ClassVar[int] = 69  # PostgreSQL does not take what it would write; it is logged

    code: int
    resource: str = ""
    left: int = 0
    has: int = 0


Answer = Held | Done | Waiting | Watched | Refused

# What is decoded: a Request as one of these.
OfBook = Reserve | Confirm | Release | Close | ReleaseClosing | Adjust | Alias | Unalias
REQUESTS = OfBook | Take | Put | Wait | Unwait | Retire | Report | Watch
