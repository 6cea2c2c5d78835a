"""Bodies of the calls of staff about people."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from livehub.base.lists import PageQuery
from livehub.people.schemas import MyIdentity, RoleName

GivenRole = Literal["viewer", "host", "ops", "picker", "courier", "farm", "care", "admin"]
REASON_CHARS_MAX = 200
Reason = Annotated[str, Meta(min_length=1, max_length=REASON_CHARS_MAX)]


class PeopleQuery(PageQuery, frozen=True, kw_only=True):
    """`search`: the beginning of a name, a whole phone number, or a person's id."""

    search: Annotated[str, Meta(max_length=255, pattern=r"^[^\x00]*$")] = ""
    role: GivenRole | None = None
    blocked: bool = False


class PersonRow(Struct, frozen=True, kw_only=True):
    """Somebody with an account, as a list shows them. `phone` is masked; times in Unix ms."""

    id: str
    name: str
    role: RoleName
    phone: str
    created_ts: int
    seen_ts: int
    blocked_ts: int | None


class PeopleList(Struct, frozen=True, kw_only=True):
    """The newest first."""

    items: list[PersonRow]
    next: str | None


class FormerSelf(Struct, frozen=True, kw_only=True):
    """A guest, or somebody by name alone, who became a person when they signed in."""

    id: str
    merged_ts: int


class PersonDetail(Struct, frozen=True, kw_only=True):
    """One person. `sessions`: where they are signed in, a count; `former`: who they were."""

    id: str
    name: str
    role: RoleName
    language: str
    created_ts: int
    blocked_ts: int | None
    identities: list[MyIdentity]
    sessions: int
    former: list[FormerSelf]


class RoleChange(Struct, frozen=True, kw_only=True):
    """A new role, and why; their sessions end, so that it holds at once."""

    role: GivenRole
    reason: Reason


class StaffReason(Struct, frozen=True, kw_only=True):
    """Why, for the audit log."""

    reason: Reason
