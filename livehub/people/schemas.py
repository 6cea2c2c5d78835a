"""Bodies of the calls about oneself: sign-in, sessions, profile."""

from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, Struct

RoleName = Literal["viewer", "host", "ops", "picker", "courier", "farm", "care", "admin", "guest"]
AppName = Literal["viewer", "studio", "ops", "field"]
APPS: tuple[AppName, ...] = get_args(AppName)

Name = Annotated[str, Meta(min_length=1, max_length=40)]
# Of the pages, which are in these (web/src/shared/i18n.ts); "" when the page may choose.
Language = Literal["", "zh-CN", "en"]


class SessionRequest(Struct, frozen=True, kw_only=True):
    """Nothing but the app: whoever its cookie stands for, or a guest. `refresh`: the session of a program without cookies.
    `name`: a viewer by name alone, `token`: staff by a link, both where this installation allows that."""

    app: AppName = "viewer"
    name: Name | None = None
    refresh: Annotated[str, Meta(max_length=128)] | None = None
    token: Annotated[str, Meta(max_length=4_096)] | None = None


class Person(Struct, frozen=True, kw_only=True):
    """Whom a token speaks for."""

    id: str
    name: str
    role: RoleName


class Session(Struct, frozen=True, kw_only=True):
    """A token for the socket and for `Authorization: Bearer`, and when it ends (`expires_ts`: Unix ms). `refresh`: with which a
    program gets the next one; a page has a cookie for that, and null here. `user`: the same as `person`."""

    token: str
    refresh: str | None
    expires_ts: int
    expires_at: datetime
    person: Person
    user: Person


class SignOutRequest(Struct, frozen=True, kw_only=True):
    """Of which app."""

    app: AppName = "viewer"


class MyIdentity(Struct, frozen=True, kw_only=True):
    """How a person is known. `label`: for them to recognise it by, such as the end of a phone number, or where a passkey was
    made. `id`: by which it is taken away."""

    id: str
    kind: Literal["phone", "wechat", "oidc", "passkey"]
    label: str
    verified_ts: int
    used_ts: int


class Me(Struct, frozen=True, kw_only=True):
    """A person, to themselves. Times in Unix ms; `created_ts` is null for one who has no account. `rights`: what they may do,
    by the names of permissions; those of rooms hold in their own."""

    id: str
    name: str
    role: RoleName
    language: str
    created_ts: int | None
    identities: list[MyIdentity]
    rights: list[str]


class MeChange(Struct, frozen=True, kw_only=True):
    """What is left out stays."""

    name: Name | None = None
    language: Language | None = None


class MySession(Struct, frozen=True, kw_only=True):
    """Where a person is signed in. `how`: phone, wechat, oidc, passkey, invitation, link or
    name; `device`: as they would call it."""

    id: str
    app: AppName
    how: str
    device: str
    created_ts: int
    seen_ts: int
    is_current: bool


class MySessions(Struct, frozen=True, kw_only=True):
    """The newest first; `next` continues the list as `?after=`."""

    items: list[MySession]
    next: str | None


class PhoneRequest(Struct, frozen=True, kw_only=True):
    """A phone number as people write it; one without a country is of the first of LIVEHUB_PHONE_REGIONS. `proof`: the
    solution of the work that a refusal 1115 asked for, in Base64 as ALTCHA gives it."""

    phone: Annotated[str, Meta(min_length=3, max_length=40)]
    app: AppName = "viewer"
    proof: Annotated[str, Meta(max_length=2_048)] | None = None


class ChallengeSent(Struct, frozen=True, kw_only=True):
    """A code is on its way. `retry_after_ms`: when another may be asked for."""

    challenge: str
    retry_after_ms: int


class PhoneCode(Struct, frozen=True, kw_only=True):
    """The code that came: six digits of any script, spaces do no harm. `name`: what a new person wants to be called."""

    code: Annotated[str, Meta(min_length=1, max_length=40)]
    app: AppName = "viewer"
    name: Name | None = None


class PhoneCountry(Struct, frozen=True, kw_only=True):
    """Whose phones get codes: ISO 3166, and what its numbers begin with after the plus."""

    region: str
    calling_code: int


class PhoneAdded(Struct, frozen=True, kw_only=True):
    """The number by its end."""

    label: str


class AddElsewhere(Struct, frozen=True, kw_only=True):
    """To add an account of another site to one's own. `to`: the path of ours that one comes back to."""

    to: Annotated[str, Meta(min_length=1, max_length=512)]
    app: AppName = "viewer"


class GoTo(Struct, frozen=True, kw_only=True):
    """Where the browser is to go."""

    url: str


class PasskeyRequest(Struct, frozen=True, kw_only=True):
    """Nothing but the app."""

    app: AppName = "viewer"


class PasskeyOptions(Struct, frozen=True, kw_only=True):
    """What the browser's `navigator.credentials` takes, as JSON (Web Authentication, section 5.1)."""

    options: dict[str, Any]


class PasskeyAnswer(Struct, frozen=True, kw_only=True):
    """What it gave, as JSON."""

    credential: dict[str, Any]


class PasskeySignIn(Struct, frozen=True, kw_only=True):
    """The same, to sign in with."""

    credential: dict[str, Any]
    app: AppName = "viewer"


class WechatCode(Struct, frozen=True, kw_only=True):
    """The code of `wx.login`."""

    code: Annotated[str, Meta(min_length=1, max_length=512, pattern=r"^[!-~]+$")]
    app: AppName = "viewer"


class SignInInvitation(Struct, frozen=True, kw_only=True):
    """The code of an invitation, out of the fragment of its link."""

    code: Annotated[str, Meta(min_length=1, max_length=1_024)]
    app: AppName = "ops"


class SignInWays(Struct, frozen=True, kw_only=True):
    """How one can sign in here. `phone_countries`: the first is that of numbers without a country; `mailbox`: the page where a
    demo shows the codes, null where they are sent; `wechat`: inside WeChat's browser; `passkey`: one that was added to an
    account before; `staff_by_phone`: whether a code is enough for staff, too.
    """

    phone: bool
    staff_by_phone: bool
    phone_countries: list[PhoneCountry]
    mailbox: str | None
    oidc: bool
    passkey: bool
    wechat: bool
    name: bool
    link: bool
