"""HTTP bodies of the records about people. Times are ISO 8601, UTC."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Datum = Literal["wgs84", "gcj02", "bd09"]
Latitude = Annotated[float, Meta(ge=-90, le=90, description="degrees north")]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="degrees east")]
Region = Annotated[
    str, Meta(pattern=r"^([1-9][0-9]{5})?$(?!\n)", description="six-digit division code (GB/T 2260), or empty")
]
AddressName = Annotated[str, Meta(min_length=1, max_length=100)]
AddressPhone = Annotated[str, Meta(min_length=3, max_length=40)]
AddressLine = Annotated[str, Meta(min_length=1, max_length=300)]
Version = Annotated[str, Meta(min_length=1, max_length=40, description="of the policy that was shown")]
Place = Annotated[
    str, Meta(max_length=40, pattern=r"^[a-z0-9_-]*$(?!\n)", description="where it was said: account, sign_in ...")
]
Purpose = Literal["analytics", "personalisation", "marketing_sms", "marketing_push", "marketing_wechat", "photos"]


class NoWords(Struct, frozen=True, kw_only=True):
    """A call that needs no more words than its address."""


class AddressRequest(Struct, frozen=True, kw_only=True):
    """A new address. `lat`, `lon` are of `datum`, that of the map they were taken from; null where nobody pointed at one. The
    first address is the default.
    """

    name: AddressName
    phone: AddressPhone
    region: Region = ""
    line: AddressLine
    lat: Latitude | None = None
    lon: Longitude | None = None
    datum: Datum = "wgs84"
    is_default: bool = False


class AddressChange(Struct, frozen=True, kw_only=True):
    """What is not there stays as it is; `lat`, `lon` and `datum` come together."""

    name: AddressName | UnsetType = UNSET
    phone: AddressPhone | UnsetType = UNSET
    region: Region | UnsetType = UNSET
    line: AddressLine | UnsetType = UNSET
    lat: Latitude | UnsetType | None = UNSET
    lon: Longitude | UnsetType | None = UNSET
    datum: Datum | UnsetType = UNSET
    is_default: Literal[True] | UnsetType = UNSET


class Address(Struct, frozen=True, kw_only=True):
    """One's own address. `phone` is E.164; `lat`, `lon` are as they were given, `wgs84_lat`, `wgs84_lon` the same place."""

    id: str
    name: str
    phone: str
    region: str
    line: str
    lat: float | None
    lon: float | None
    datum: Datum
    wgs84_lat: float | None
    wgs84_lon: float | None
    is_default: bool


class Addresses(Struct, frozen=True, kw_only=True):
    """The default first, then the latest."""

    items: list[Address]
    next: str | None = None


class Export(Struct, frozen=True, kw_only=True):
    """One's own data as a file. `url` is there once it is `ready`, until `ends`; it works for that person alone."""

    id: str
    state: Literal["making", "ready"]
    asked: str
    ready: str | None = None
    ends: str | None = None
    bytes: int | None = None
    url: str | None = None


class Exports(Struct, frozen=True, kw_only=True):
    """Latest first."""

    items: list[Export]
    next: str | None = None


class EraseRequest(Struct, frozen=True, kw_only=True):
    """`confirm` has to be true."""

    confirm: bool = False


class Why(Struct, frozen=True, kw_only=True):
    """In words, for the person."""

    zh: str
    en: str


class ErasedTable(Struct, frozen=True, kw_only=True):
    """What becomes of one table. `reason`: the key of `why`, where something is kept; `rows`: how many it was, once it is
    done.
    """

    table: str
    becomes: Literal["delete", "anonymise", "keep"]
    reason: str | None = None
    why: Why | None = None
    rows: int | None = None


class Erasure(Struct, frozen=True, kw_only=True):
    """Being forgotten: what would come of it (`none`), or what comes of it. `id` is the receipt; until `due` it can be taken
    back.
    """

    state: Literal["none", "asked", "done"]
    id: str | None = None
    asked: str | None = None
    due: str | None = None
    done: str | None = None
    items: list[ErasedTable]


class ConsentRequest(Struct, frozen=True, kw_only=True):
    """Agree, or no longer."""

    granted: bool
    version: Version
    place: Place = "account"


class Consent(Struct, frozen=True, kw_only=True):
    """What holds of one purpose. `version`, `at`, `place`: of the last word about it, null if there was none, and then it is
    off.
    """

    purpose: Purpose
    granted: bool
    version: str | None = None
    at: str | None = None
    place: str | None = None


class Consents(Struct, frozen=True, kw_only=True):
    """Every purpose."""

    items: list[Consent]
