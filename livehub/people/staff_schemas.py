"""Bodies of the calls of staff about people."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from livehub.base.lists import PageQuery
from livehub.people.schemas import MyIdentity, MySession, RoleName

GivenRole = Literal["viewer", "host", "ops", "picker", "courier", "farm", "care", "admin"]
REASON_CHARS_MAX = 200
SESSIONS_SHOWN_MAX = 100
Reason = Annotated[str, Meta(min_length=1, max_length=REASON_CHARS_MAX)]


class PeopleQuery(PageQuery, frozen=True, kw_only=True):
    """`search`: the beginning of a name, a whole phone number, or a person's id. `staff`: those who are more than viewers."""

    search: Annotated[str, Meta(max_length=255, pattern=r"^[^\x00]*$")] = ""
    role: GivenRole | None = None
    staff: bool = False
    blocked: bool = False


class LookQuery(Struct, frozen=True, kw_only=True):
    """`reason`: why staff look at somebody, for the audit log."""

    reason: Annotated[str, Meta(max_length=REASON_CHARS_MAX, pattern=r"^[^\x00]*$")] = ""


class PersonRow(Struct, frozen=True, kw_only=True):
    """Somebody with an account, as a list shows them. `phone` is masked; times in Unix ms. `merged_into`: whom they have
    become; those are in the list only where they are looked for by their id."""

    id: str
    name: str
    role: RoleName
    phone: str
    created_ts: int
    seen_ts: int
    blocked_ts: int | None
    merged_into: str | None


class PeopleList(Struct, frozen=True, kw_only=True):
    """The newest first."""

    items: list[PersonRow]
    next: str | None


class FormerSelf(Struct, frozen=True, kw_only=True):
    """A guest, or somebody by name alone, who became a person when they signed in, in one step or in several; `became`: whom in
    the first. `name` is empty of a guest."""

    id: str
    became: str
    merged_ts: int
    name: str


class PersonDetail(Struct, frozen=True, kw_only=True):
    """One person. `sessions`: how often they are signed in; `signed_in`: where, the newest first, SESSIONS_SHOWN_MAX at most;
    `merged_into`: whom they have become; `former`: who they were, each of whom may have been others."""

    id: str
    name: str
    role: RoleName
    language: str
    created_ts: int
    blocked_ts: int | None
    identities: list[MyIdentity]
    sessions: int
    merged_into: str | None
    former: list[FormerSelf]
    signed_in: list[MySession]


class RoleChange(Struct, frozen=True, kw_only=True):
    """A new role, and why; their sessions end, so that it holds at once."""

    role: GivenRole
    reason: Reason


class StaffReason(Struct, frozen=True, kw_only=True):
    """Why, for the audit log."""

    reason: Reason


class StaffSignOut(Struct, frozen=True, kw_only=True):
    """Which of their sessions ends, and why. `session` null: all of them."""

    session: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    reason: Reason


class WholeIdentity(Struct, frozen=True, kw_only=True):
    """How somebody is known, without a mask. `subject`: of a phone E.164; of others what the provider calls them."""

    id: str
    kind: Literal["phone", "wechat", "oidc", "passkey"]
    subject: str


class WholeIdentities(Struct, frozen=True, kw_only=True):
    """All of one person."""

    items: list[WholeIdentity]


class RoleRights(Struct, frozen=True, kw_only=True):
    """What a role may do, by the names of permissions, and how many accounts have it."""

    role: GivenRole
    rights: list[str]
    people: int


class RoleList(Struct, frozen=True, kw_only=True):
    """Every role that can be given."""

    items: list[RoleRights]
