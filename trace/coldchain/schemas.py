"""Bodies of the calls of the cold chain. Pure: no I/O. Times are ISO 8601, UTC, where they come out; degrees are °C."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from livehub.base.lists import PageQuery
from livehub.base.moments import Moment
from livehub.room.models import Id, Version
from trace.coldchain.events import Offer
from trace.coldchain.life import Life, LifeModel
from trace.coldchain.rules import Cause, Celsius, Rule

NAME_CHARS_MAX = 100
REASON_CHARS_MAX = 500
BATCHES_MAX = 200
DEVICES_MAX = 100

Name = Annotated[str, Meta(min_length=1, max_length=4 * NAME_CHARS_MAX)]
Reason = Annotated[str, Meta(min_length=1, max_length=4 * REASON_CHARS_MAX)]
MomentOrPlace = Name | Annotated[int, Meta(ge=0, le=253_402_300_799_999)]
ModelId = Annotated[str, Meta(min_length=1, max_length=64, description="one of GET /api/cold-chain/models")]


class DeviceRequest(Struct, frozen=True, kw_only=True):
    """A sensor that will send readings."""

    name: Name
    kind: Literal["temperature"]


class DeviceMade(Struct, frozen=True, kw_only=True):
    """`key`: hex, told here and nowhere else; the device signs with its 32 bytes."""

    id: str
    key: str


class DeviceChange(Struct, frozen=True, kw_only=True):
    """Off: nothing of it is taken any more."""

    is_on: bool


class Device(Struct, frozen=True, kw_only=True):
    """A sensor. `skew_s`: how far our clock is ahead of its. `is_overdue`: its calibration was due."""

    id: str
    name: str
    kind: str
    is_on: bool
    seen_at: str | None
    newest_at: str | None
    newest_c: float | None
    skew_s: float
    calibrated_at: str | None
    calibration_due_at: str | None
    is_overdue: bool


class Devices(Struct, frozen=True, kw_only=True):
    """By name. `next`: what `after` has to be for the next page."""

    items: list[Device]
    next: str | None


class DevicesQuery(PageQuery, frozen=True, kw_only=True):
    """A page of sensors."""


class CalibrationRequest(Struct, frozen=True, kw_only=True):
    """It was calibrated, and has to be again by `due`."""

    at: Moment
    due: Moment
    laboratory: Name
    certificate: Annotated[str, Meta(max_length=400)] = ""


class CorrectionRequest(Struct, frozen=True, kw_only=True):
    """Readings from one moment to another are `offset_c` warmer than the device said; without it they are no temperatures."""

    since: Moment
    until: Moment
    offset_c: Annotated[float, Meta(ge=-50, le=50)] | None = None
    reason: Reason


class Recorded(Struct, frozen=True, kw_only=True):
    """It is on record; `findings`: what it showed at once that nobody knew. What takes longer (a correction) is in GET
    /api/cold-chain/findings a moment later."""

    id: str
    findings: list[str]


class RuleRequest(Struct, frozen=True, kw_only=True):
    """What a product bears, how long it lasts, and what buyers are offered after a breach. `version`: as it was read; none for
    a new one."""

    rule: Rule
    model: ModelId | None = None
    offer: Offer = Offer()
    version: Version | None = None


class ProductRule(Struct, frozen=True, kw_only=True):
    """Product `default`: what holds for all products without a rule of their own."""

    product: str
    rule: Rule
    model: str | None
    offer: Offer
    version: int


class Rules(Struct, frozen=True, kw_only=True):
    """By product."""

    items: list[ProductRule]


class Models(Struct, frozen=True, kw_only=True):
    """Models of shelf life, each figure with where it comes from."""

    items: list[LifeModel]


class BatchOf(Struct, frozen=True, kw_only=True):
    """A batch, and the product that it is of, whose rule holds for it."""

    batch: Id
    product: Id


class ShipmentRequest(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Batches, the sensors beside them, and the way: `from` and `to` are moments (it begins then, is planned to end then), or
    the names of places; what is no moment is a place. A batch may come with its product."""

    batches: Annotated[list[Id | BatchOf], Meta(min_length=1, max_length=BATCHES_MAX)]
    devices: Annotated[list[Id], Meta(min_length=1, max_length=DEVICES_MAX)]
    from_: MomentOrPlace
    to: MomentOrPlace | None = None


class ShipmentMade(Struct, frozen=True, kw_only=True):
    """A shipment that is under way."""

    id: str


class ShipmentEnd(Struct, frozen=True, kw_only=True):
    """When it ended; now, if nobody says. `celsius`: of the goods as they were handed over."""

    at: Moment | None = None
    celsius: Celsius | None = None
    place: Annotated[str, Meta(max_length=4 * NAME_CHARS_MAX)] = ""


class HandoverRequest(Struct, frozen=True, kw_only=True):
    """Goods changed hands, so warm, there."""

    celsius: Celsius
    place: Name
    at: Moment | None = None


class Handover(Struct, frozen=True, kw_only=True):
    """A hand-over on record."""

    at: str
    place: str
    celsius: float


class Finding(Struct, frozen=True, kw_only=True):
    """What broke a rule (`breach`) or came near (`warning`). `from_at`: since when; `reading_at`: what showed it; `told_at`:
    when that came. `is_late`: it came after a gap. `is_overdue`: its device's calibration was due. `corrected_at`: it turned
    out to be none, and stays on record. `leaf`: of the log, once it has one.
    """

    id: str
    shipment: str
    device: str | None
    product: str
    batches: list[str]
    level: Literal["breach", "warning"]
    cause: Cause
    from_at: str
    reading_at: str
    told_at: str
    ended_at: str | None
    celsius: float | None
    worst_c: float | None
    limit: float | None
    minutes: float
    is_late: bool
    is_overdue: bool
    corrected_at: str | None
    correction: str | None
    leaf: int | None


class FindingsQuery(PageQuery, frozen=True, kw_only=True):
    """A page of findings, the latest first."""

    level: Literal["breach", "warning"] | None = None
    shipment: Id | None = None
    batch: Id | None = None


class FoundList(Struct, frozen=True, kw_only=True):
    """A page. `next`: what `after` has to be for the next one."""

    items: list[Finding]
    next: str | None


class Shipment(Struct, frozen=True, kw_only=True):
    """A shipment. `leaf`: of the log, once it has one."""

    id: str
    batches: list[BatchOf]
    devices: list[str]
    origin: str
    destination: str
    began_at: str
    ends_at: str | None
    ended_at: str | None
    handovers: list[Handover]
    breaches: int
    leaf: int | None


class ShipmentsQuery(PageQuery, frozen=True, kw_only=True):
    """A page of shipments, the latest first."""

    is_open: bool | None = None
    batch: Id | None = None


class Shipments(Struct, frozen=True, kw_only=True):
    """A page. `next`: what `after` has to be for the next one."""

    items: list[Shipment]
    next: str | None


class CurveQuery(Struct, frozen=True, kw_only=True):
    """How many points at most."""

    points: Annotated[int, Meta(ge=10, le=20_000)] | None = None


class Line(Struct, frozen=True, kw_only=True):
    """What is drawn without a gap: temperatures and their moments (Unix ms), in order."""

    at_ms: list[int]
    celsius: list[float]


class Fault(Struct, frozen=True, kw_only=True):
    """What a sensor said and is no temperature."""

    at: str
    celsius: float
    reason: str


class SensorCurve(Struct, frozen=True, kw_only=True):
    """One sensor's curve in one shipment: lines with gaps between them, each low and high of what was measured in them.
    `mean_kinetic_c` is a summary figure of pharmacists and no shelf life. `is_corrected`: some were corrected afterwards."""

    shipment: str
    device: str
    began_at: str
    ended_at: str | None
    lines: list[Line]
    faults: list[Fault]
    readings: int
    lowest_c: float | None
    highest_c: float | None
    mean_kinetic_c: float | None
    is_overdue: bool
    is_corrected: bool


class ShelfLife(Struct, frozen=True, kw_only=True):
    """What is left of a batch's life, by the worst of its curves; `days_min` is what to go by. `is_assumed`: some figure of the
    model is an assumption, and the page has to say so."""

    model: LifeModel
    life: Life
    is_assumed: bool


class Curves(Struct, frozen=True, kw_only=True):
    """Curves with what they are to be held against. `high_c`, `low_c`: the limits, broken strictly above and below them."""

    product: str | None
    high_c: float | None
    low_c: float | None
    gap_s: float
    curves: list[SensorCurve]
    breaches: list[Finding]
    shelf_life: ShelfLife | None
