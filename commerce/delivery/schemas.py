"""Bodies of the calls of delivery. Pure: no I/O. Times are ISO 8601, UTC; places are WGS-84."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from commerce.delivery.choosing import Method
from commerce.delivery.shapes import Lat, Lon, Shape
from livehub.base.lists import PageQuery
from livehub.base.moments import Moment
from livehub.room.models import AmountMinor, Currency, Id, InLanguages, Language, Version

NAME_CHARS_MAX = 60
LINE_CHARS_MAX = 200
CAPACITY_MAX = 1_000_000

Name = Annotated[str, Meta(min_length=1, max_length=4 * NAME_CHARS_MAX)]
Names = Annotated[dict[Language, Name], Meta(description="the name by language")]
Line = Annotated[str, Meta(min_length=1, max_length=4 * LINE_CHARS_MAX)]
Lines = Annotated[dict[Language, Line], Meta(description="the address by language")]
Division = Annotated[
    str,
    Meta(pattern=r"^[1-9][0-9]([0-9]{2}){0,2}$(?!\n)", description="2, 4 or 6 digits of a division code (GB/T 2260)"),
]
Divisions = Annotated[list[Division], Meta(max_length=500)]
Position = Annotated[int, Meta(ge=0, le=1_000_000)]
Capacity = Annotated[int, Meta(ge=0, le=CAPACITY_MAX)]
Day = Annotated[int, Meta(ge=1, le=7, description="ISO 8601: Monday is 1")]
Days = Annotated[list[Day], Meta(min_length=1, max_length=7)]
ClosedDays = Annotated[list[Day], Meta(max_length=6)]
Minute = Annotated[int, Meta(ge=0, le=1440, description="of the day, in the shop's time zone")]
CutOff = Annotated[int, Meta(ge=0, le=20_160, description="minutes before it begins")]
Ref = Annotated[str, Meta(max_length=64, pattern=r"^[^\x00]*$")]
Date = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$(?!\n)", description="YYYY-MM-DD, in the shop's time zone")]


class AreaRequest(Struct, frozen=True, kw_only=True):
    """A delivery area: beginnings of division codes, a shape on the map, or both (see docs/delivery.md). `position`: areas are
    asked in this order; without one it comes last. `free_from_minor`: goods after coupons from which delivery is free.
    """

    name: Name
    names: Names | None = None
    regions: Divisions = []
    shape: Shape | None = None
    currency: Currency
    fee_minor: AmountMinor = 0
    free_from_minor: AmountMinor | None = None
    minimum_minor: AmountMinor = 0
    position: Position | None = None
    is_on: bool = True


class AreaChange(Struct, frozen=True, kw_only=True):
    """What is not there stays as it is. `version`: the one that was read."""

    version: Version
    name: Name | UnsetType = UNSET
    names: Names | UnsetType | None = UNSET
    regions: Divisions | UnsetType = UNSET
    shape: Shape | UnsetType | None = UNSET
    currency: Currency | UnsetType = UNSET
    fee_minor: AmountMinor | UnsetType = UNSET
    free_from_minor: AmountMinor | UnsetType | None = UNSET
    minimum_minor: AmountMinor | UnsetType = UNSET
    position: Position | UnsetType = UNSET
    is_on: bool | UnsetType = UNSET


class DeliveryArea(Struct, frozen=True, kw_only=True):
    """A delivery area."""

    id: str
    version: int
    name: str
    names: InLanguages | None
    regions: list[str]
    shape: Shape | None
    currency: str
    fee_minor: int
    free_from_minor: int | None
    minimum_minor: int
    position: int
    is_on: bool


class DeliveryAreas(Struct, frozen=True, kw_only=True):
    """All of them, in their order."""

    items: list[DeliveryArea]
    next: str | None = None


class PointRequest(Struct, frozen=True, kw_only=True):
    """A pick-up point, open from `opens` to `closes` but on `closed_days`."""

    name: Name
    names: Names | None = None
    line: Line
    lines: Lines | None = None
    lat: Lat
    lon: Lon
    opens: Minute
    closes: Minute
    closed_days: ClosedDays = []
    currency: Currency
    fee_minor: AmountMinor = 0
    free_from_minor: AmountMinor | None = None
    minimum_minor: AmountMinor = 0
    is_on: bool = True


class PointChange(Struct, frozen=True, kw_only=True):
    """What is not there stays as it is. `version`: the one that was read."""

    version: Version
    name: Name | UnsetType = UNSET
    names: Names | UnsetType | None = UNSET
    line: Line | UnsetType = UNSET
    lines: Lines | UnsetType | None = UNSET
    lat: Lat | UnsetType = UNSET
    lon: Lon | UnsetType = UNSET
    opens: Minute | UnsetType = UNSET
    closes: Minute | UnsetType = UNSET
    closed_days: ClosedDays | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    fee_minor: AmountMinor | UnsetType = UNSET
    free_from_minor: AmountMinor | UnsetType | None = UNSET
    minimum_minor: AmountMinor | UnsetType = UNSET
    is_on: bool | UnsetType = UNSET


class PickupPoint(Struct, frozen=True, kw_only=True):
    """A pick-up point."""

    id: str
    version: int
    name: str
    names: InLanguages | None
    line: str
    lines: InLanguages | None
    lat: float
    lon: float
    opens: int
    closes: int
    closed_days: list[int]
    currency: str
    fee_minor: int
    free_from_minor: int | None
    minimum_minor: int
    is_on: bool


class PickupPoints(Struct, frozen=True, kw_only=True):
    """All of them, by name."""

    items: list[PickupPoint]
    next: str | None = None


class PatternRequest(Struct, frozen=True, kw_only=True):
    """A weekly pattern of one area or one point: on these days a window from `from_minute` to `until_minute`, for `capacity`
    orders, which end `cut_off_minutes` before it begins. `ends_on` is its last day.
    """

    area: Id | None = None
    point: Id | None = None
    days: Days
    from_minute: Minute
    until_minute: Minute
    cut_off_minutes: CutOff = 0
    capacity: Capacity
    begins_on: Date | None = None
    ends_on: Date | None = None
    is_on: bool = True


class PatternChange(Struct, frozen=True, kw_only=True):
    """What is not there stays as it is, and so do windows that were made. `version`: the one that was read."""

    version: Version
    days: Days | UnsetType = UNSET
    from_minute: Minute | UnsetType = UNSET
    until_minute: Minute | UnsetType = UNSET
    cut_off_minutes: CutOff | UnsetType = UNSET
    capacity: Capacity | UnsetType = UNSET
    begins_on: Date | UnsetType = UNSET
    ends_on: Date | UnsetType | None = UNSET
    is_on: bool | UnsetType = UNSET


class DeliveryPattern(Struct, frozen=True, kw_only=True):
    """A weekly pattern."""

    id: str
    version: int
    area: str | None
    point: str | None
    days: list[int]
    from_minute: int
    until_minute: int
    cut_off_minutes: int
    capacity: int
    begins_on: str
    ends_on: str | None
    is_on: bool


class DeliveryPatterns(Struct, frozen=True, kw_only=True):
    """All of them. `ahead_days`: for so many days windows are made."""

    items: list[DeliveryPattern]
    ahead_days: int
    next: str | None = None


class WindowRequest(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A window of one area or one point, for `capacity` orders. Without `orders_until` they end when it begins."""

    area: Id | None = None
    point: Id | None = None
    from_: Moment
    until: Moment
    orders_until: Moment | None = None
    capacity: Capacity


class WindowChange(Struct, frozen=True, kw_only=True):
    """What is not there stays as it is. `version`: the one that was read."""

    version: Version
    capacity: Capacity | UnsetType = UNSET
    orders_until: Moment | UnsetType = UNSET
    is_closed: bool | UnsetType = UNSET


class DeliveryWindow(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A window, and how it stands. `capacity` is what is `held` and `sold` and `left`; `pattern`: it was made from one."""

    id: str
    version: int
    area: str | None
    point: str | None
    from_: str
    until: str
    orders_until: str
    capacity: int
    held: int
    sold: int
    left: int
    is_closed: bool
    pattern: str | None
    warehouse: str | None


class DeliveryQuery(PageQuery, frozen=True, kw_only=True):
    """`q`: words of a name, an address or a division. Without `limit` all of them."""

    q: Annotated[str, Meta(max_length=100, pattern=r"^[^\x00]*$")] = ""


class WindowsQuery(PageQuery, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Windows that begin in [from, until), of one area or point, or of all."""

    from_: Annotated[str, Meta(max_length=40)] = ""
    until: Annotated[str, Meta(max_length=40)] = ""
    area: Ref = ""
    point: Ref = ""


class DeliveryWindows(Struct, frozen=True, kw_only=True):
    """The earliest first. `next`: what to give as `after` for the following page."""

    items: list[DeliveryWindow]
    next: str | None = None


class SlotsQuery(Struct, frozen=True, kw_only=True):
    """Where an order would go; without a place only pick-up points are told."""

    lat: Lat | None = None
    lon: Lon | None = None
    region: Annotated[str, Meta(pattern=r"^([1-9][0-9]{5})?$(?!\n)")] = ""


class SlotPoint(Struct, frozen=True, kw_only=True):
    """Where an order is fetched. `distance_m`: from the place that was asked for, as the crow flies."""

    id: str
    name: str
    names: InLanguages | UnsetType = UNSET
    line: str
    lines: InLanguages | UnsetType = UNSET
    lat: float
    lon: float
    opens: int
    closes: int
    closed_days: list[int]
    distance_m: int | None = None


class Slot(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A window that takes orders until `orders_until`, with place for `left` more."""

    id: str
    method: Method
    from_: str
    until: str
    orders_until: str
    left: int
    point: SlotPoint | None = None
    currency: str
    fee_minor: int
    free_from_minor: int | None
    minimum_minor: int


class SlotArea(Struct, frozen=True, kw_only=True):
    """What delivery to the door costs there."""

    name: str
    names: InLanguages | UnsetType = UNSET
    currency: str
    fee_minor: int
    free_from_minor: int | None
    minimum_minor: int


Reason = Literal["no_address", "no_position", "outside"]


class Slots(Struct, frozen=True, kw_only=True):
    """Windows, the earliest first. `needed`: whether an order has to name one; `area`: of the place; `reason`: why nothing
    comes to the door there. `time_zone`: the shop's, in which the windows are meant; `now`: the server's time.
    """

    items: list[Slot]
    needed: bool
    area: SlotArea | None = None
    reason: Reason | None = None
    time_zone: str
    now: str
    next: str | None = None
