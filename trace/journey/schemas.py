"""Bodies of the calls of journeys. Pure: no I/O. Times are ISO 8601, UTC; places are WGS-84."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from livehub.room.models import InLanguages
from trace.batches.schemas import BatchCertificate, BatchKin, ChainState, MadeBy
from trace.coldchain.schemas import Curves, Finding

JourneyKind = Literal[
    "planted", "treated", "harvested", "slaughtered", "washed", "cut", "cooked", "cooled", "inspected", "packed", "stored",
    "shipped", "received", "handed_over", "delivered", "recalled", "destroyed", "split", "merge", "repack", "boxed",
]  # fmt: skip


class JourneyPlace(Struct, frozen=True, kw_only=True):
    """A place, and how far it is from the one before, as the crow flies."""

    name: str
    lat: float
    lon: float
    km: float | None


class JourneyEvent(Struct, frozen=True, kw_only=True):
    """A step of the story. `batch`: of which, this one or one that it came of. `leaf`: its place in the log, null as long as no
    published checkpoint has it. `photo_sha256`: of the file as it was uploaded, which is what the log says.
    """

    kind: JourneyKind
    at: str
    batch: str
    lot: str
    place: JourneyPlace | None = None
    units: int | None = None
    celsius: float | None = None
    photo: str | None = None
    photo_sha256: str | None = None
    leaf: int | None = None


class JourneyCurves(Struct, frozen=True, kw_only=True):
    """How warm a batch was on its ways, this one or one that it came of."""

    batch: str
    lot: str
    curves: Curves


class Journey(Struct, frozen=True, kw_only=True):
    """All that the page of a batch tells, the earliest first. `serial`: of the box that was asked for. `is_whole`: false when
    it came of more batches, or has more steps, than are told. `anchoring`: of `GET /api/log/anchors/{anchoring}`, once a chain
    has it. `as_of`: when it was read.
    """

    batch: str
    product: str
    title: str | None
    titles: InLanguages | None
    image: str | None
    gtin: str
    lot: str
    serial: str | None
    code: str
    made_by: MadeBy
    made_at: str
    units: int
    chain: ChainState
    anchoring: int | None
    certificates: list[BatchCertificate]
    came_of: list[BatchKin]
    became: list[BatchKin]
    events: list[JourneyEvent]
    temperature: list[JourneyCurves]
    breaches: list[Finding]
    is_whole: bool
    as_of: str


class LatestStep(Struct, frozen=True, kw_only=True):
    """What was done last. `place`: its name; none of what was done at somebody's door."""

    kind: JourneyKind
    at: str
    place: str | None
    celsius: float | None


class Latest(Struct, frozen=True, kw_only=True):
    """Where a batch is now. `path`: of its page. Under way it is `on_the_way_since`, and its warmest sensor last said
    `celsius`; `is_out_of_limits`: that is a breach which goes on. `breaches`: in all, without those that were corrected.
    """

    batch: str
    path: str
    made_by: MadeBy
    made_at: str
    made_in: str
    step: LatestStep | None
    on_the_way_since: str | None
    celsius: float | None
    measured_at: str | None
    breaches: int
    is_out_of_limits: bool


class JourneyQuery(Struct, frozen=True, kw_only=True):
    """`serial`: of a box, whose packing is then told, too."""

    serial: Annotated[str, Meta(max_length=20, pattern=r"^[^\x00]*$")] | None = None
