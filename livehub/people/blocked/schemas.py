"""Bodies of the calls about blocked people."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from livehub.base.lists import PageQuery
from livehub.people.staff_schemas import REASON_CHARS_MAX, Reason

Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339, with its offset from UTC")]


class BlockedQuery(PageQuery, frozen=True, kw_only=True):
    """`person`: whom a block meets, by id. `search`: the beginning of what is shown of them, a person's id, or a whole phone
    number.
    """

    person: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^\x00]*$")] | None = None
    search: Annotated[str, Meta(max_length=80, pattern=r"^[^\x00]*$")] = ""


class BlockRequest(Struct, frozen=True, kw_only=True):
    """Whom to block, by one at least: a person's id, with whom the phone numbers go that they sign in with; a number, as one
    types it to sign in; a device's mark. `until` null: for good. `has_no_account`: `person` is an id that only tokens carry,
    of which nothing is known here; else it is that of an account or of a guest.
    """

    person: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    phone: Annotated[str, Meta(min_length=3, max_length=40)] | None = None
    device: Annotated[str, Meta(min_length=8, max_length=255)] | None = None
    reason: Reason
    until: Moment | None = None
    has_no_account: bool = False


class LiftQuery(Struct, frozen=True, kw_only=True):
    """`reason`: why a block is lifted, for the audit log."""

    reason: Annotated[str, Meta(max_length=REASON_CHARS_MAX, pattern=r"^[^\x00]*$")] = ""


class BlockedPerson(Struct, frozen=True, kw_only=True):
    """Somebody who may not sign in. `shown`: their name, or the number without its middle; `by`: who blocked them."""

    id: str
    person: str | None
    shown: str
    kinds: list[Literal["person", "phone", "device"]]
    reason: str
    by: str
    at: datetime
    until: datetime | None


class BlockedList(Struct, frozen=True, kw_only=True):
    """Those that stand, latest first."""

    items: list[BlockedPerson]
    next: str | None = None


class BlockMade(Struct, frozen=True, kw_only=True):
    """A block, and how many sign-ins ended with it."""

    id: str
    sessions_ended: int
