"""Bodies of the calls of batches. Pure: no I/O. Times are ISO 8601, UTC; places are WGS-84 where nothing else is said."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from livehub.base.lists import PageQuery
from livehub.base.moments import Moment
from livehub.room.models import Id
from trace.batches.places import PlaceRequest

UNITS_MAX = 10_000_000
NOTE_CHARS_MAX = 500
PARTS_MAX = 100  # of a split, merge or repack: with all of them its entry in the log has some 20 kB
SHEET_BOXES_MAX = 1_000

Units = Annotated[int, Meta(ge=1, le=UNITS_MAX)]
Gtin = Annotated[str, Meta(max_length=14, description="GTIN-8, -12, -13 or -14; kept with 14 digits")]
Lot = Annotated[str, Meta(max_length=64, description="at most 20 characters that GS1 allows")]
Upload = Annotated[
    str, Meta(pattern=r"^[0-9a-hjkmnp-tv-z]{18}$(?!\n)", description="the id of a picture that was uploaded")
]
Celsius = Annotated[float, Meta(ge=-80, le=200)]
Text = Annotated[str, Meta(max_length=4 * NOTE_CHARS_MAX)]
Code = Annotated[str, Meta(min_length=1, max_length=2_048, description="what was scanned")]
MadeBy = Literal["harvest", "slaughter", "kitchen", "split", "merge", "repack"]
Origin = Literal["harvest", "slaughter", "kitchen"]
Making = Literal["split", "merge", "repack"]
StepKind = Literal[
    "planted", "treated", "harvested", "slaughtered", "washed", "cut", "cooked", "cooled", "inspected", "packed", "stored",
    "shipped", "received", "handed_over", "delivered", "recalled", "destroyed",
]  # fmt: skip


class BatchCertificateRequest(Struct, frozen=True, kw_only=True):
    """A certificate. `picture`: an upload; `valid_until`: its last day, where it ends."""

    kind: Annotated[str, Meta(min_length=1, max_length=240)]
    number: Annotated[str, Meta(max_length=240)] = ""
    picture: Upload | None = None
    valid_until: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$(?!\n)")] | None = None


class BatchRequest(Struct, frozen=True, kw_only=True):
    """A new batch, made at `place`. `certificates`: of it; one that is an upload's id is a picture of which nothing more is
    known.
    """

    product: Id
    gtin: Gtin
    lot: Lot
    harvested_at: Moment
    place: PlaceRequest
    units: Units
    certificates: Annotated[list[BatchCertificateRequest | Upload], Meta(max_length=20)] = []
    made_by: Origin = "harvest"


class ChainState(Struct, frozen=True, kw_only=True):
    """Where a fact is. `leaf`: its place in the log, null as long as no published checkpoint has it. `id`: its identity on a
    chain, CAIP-2/transaction/leaf, once that is anchored: in the log since `logged_at` at the latest, on the chain since
    `anchored_at`. `is_development`: the chain is one for development, which proves nothing.
    """

    state: Literal["pending", "anchored"]
    leaf: int | None
    id: str | UnsetType = UNSET
    logged_at: str | UnsetType = UNSET
    anchored_at: str | UnsetType = UNSET
    is_development: bool | UnsetType = UNSET


class BatchMade(Struct, frozen=True, kw_only=True):
    """A batch that was made: what its label says, and where it is in the log."""

    id: str
    code: str
    chain: ChainState


class BatchPlace(Struct, frozen=True, kw_only=True):
    """A place, in WGS-84; `given`: as it was said, of `datum`."""

    name: str
    lat: float
    lon: float
    datum: str
    given_lat: float
    given_lon: float


class BatchCertificate(Struct, frozen=True, kw_only=True):
    """A certificate. `sha256`: of the picture's file as it was uploaded, which is in the log; `picture`: where it is shown."""

    kind: str
    number: str
    valid_until: str | None
    picture: str | None
    sha256: str | None


class Batch(Struct, frozen=True, kw_only=True):
    """A batch. `left`: units that have not gone into another batch."""

    id: str
    product: str
    gtin: str
    lot: str
    code: str
    made_by: MadeBy
    made_at: str
    place: BatchPlace
    units: int
    left: int
    boxes: int
    packed: int
    chain: ChainState


class BatchShown(Batch, frozen=True, kw_only=True):
    """A batch, with all that is known of it."""

    certificates: list[BatchCertificate]
    steps: "list[BatchStep]"


class BatchList(Struct, frozen=True, kw_only=True):
    """Batches, the latest first."""

    items: list[Batch]
    next: str | None


class BatchQuery(PageQuery, frozen=True, kw_only=True):
    """`q`: of the lot, or the GTIN; `product`: of that alone."""

    q: Annotated[str, Meta(max_length=64, pattern=r"^[^\x00]*$")] = ""
    product: Annotated[str, Meta(max_length=64, pattern=r"^[^\x00]*$")] | None = None


class BatchStepRequest(Struct, frozen=True, kw_only=True):
    """Something that was done with a batch. `note` is for staff: in the log stands a commitment to it."""

    kind: StepKind
    at: Moment
    place: PlaceRequest | None = None
    celsius: Celsius | None = None
    photo: Upload | None = None
    note: Text = ""


class BatchStep(Struct, frozen=True, kw_only=True):
    """Something that was done. `at`: when, as whoever recorded it says; `recorded_at`: when we were told."""

    id: str
    kind: StepKind
    at: str
    recorded_at: str
    place: BatchPlace | None
    celsius: float | None
    photo: str | None
    photo_sha256: str | None
    note: str
    leaf: int | None


class MakingInput(Struct, frozen=True, kw_only=True):
    """So many units of a batch that go into others."""

    batch: Id
    units: Units


class MakingOutput(Struct, frozen=True, kw_only=True):
    """A batch that comes out. What is not there is as of the first input."""

    lot: Lot
    units: Units
    gtin: Gtin | None = None
    product: Id | None = None


class MakingRequest(Struct, frozen=True, kw_only=True):
    """A split (one batch into several of the same product), a merge (several of one product into one), or a repack (into
    whatever).
    """

    kind: Making
    at: Moment
    inputs: Annotated[list[MakingInput], Meta(min_length=1, max_length=PARTS_MAX)]
    outputs: Annotated[list[MakingOutput], Meta(min_length=1, max_length=PARTS_MAX)]
    place: PlaceRequest | None = None


class MakingDone(Struct, frozen=True, kw_only=True):
    """What was made of batches; in the order in which it was asked for."""

    id: str
    items: list[BatchMade]


class BatchKin(Struct, frozen=True, kw_only=True):
    """A batch that another came of, or became: `steps_away` from the one that was asked for."""

    id: str
    gtin: str
    lot: str
    product: str
    code: str
    made_by: MadeBy
    made_at: str
    steps_away: int


class BatchLink(Struct, frozen=True, kw_only=True):
    """So many units of `parent` went into `child`; null where several batches became several, and nobody can tell."""

    parent: str
    child: str
    units: int
    making: str
    kind: Making


class BatchLineage(Struct, frozen=True, kw_only=True):
    """What a batch came of, and what became of it. `is_whole`: false when there are more than are followed."""

    batch: str
    came_of: list[BatchKin]
    became: list[BatchKin]
    links: list[BatchLink]
    is_whole: bool


class BoxSheetRequest(Struct, frozen=True, kw_only=True):
    """So many new boxes of a batch, each with a serial."""

    boxes: Annotated[int, Meta(ge=1, le=SHEET_BOXES_MAX)]


class BoxSheet(Struct, frozen=True, kw_only=True):
    """Serials for labels; `url`: where they are to be printed from."""

    id: str
    batch: str
    serials: list[str]
    codes: list[str]
    url: str


class BatchLabel(Struct, frozen=True, kw_only=True):
    """The label of a batch. `printed`: what its QR code says; `svg`: that code; `url`: a page to print it from,
    with `&copies=` of it.
    """

    code: str
    printed: str
    svg: str
    url: str


class Box(Struct, frozen=True, kw_only=True):
    """A box, and the order line that it was packed for."""

    batch: str
    lot: str
    serial: str
    code: str
    order_line: str | None
    packed_at: str | None
    leaf: int | None


class BoxRequest(Struct, frozen=True, kw_only=True):
    """A box is packed for an order line. `code`: what was scanned of it."""

    code: Code
    order_line: Id
    at: Moment | None = None


class BoxList(Struct, frozen=True, kw_only=True):
    """Boxes of an order line."""

    items: list[Box]
    next: str | None = None


class ScanRequest(Struct, frozen=True, kw_only=True):
    """A code that somebody scanned."""

    code: Code


class Scanned(Struct, frozen=True, kw_only=True):
    """What was scanned: a batch, and a box where the code has a serial. `path`: of its page. `says`: what else stands in the
    code, by application identifier.
    """

    batch: str | None
    gtin: str | None
    lot: str | None
    serial: str | None
    path: str
    says: dict[str, str]
