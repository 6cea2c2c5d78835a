"""Bodies of the calls of anchors. Pure: no I/O. Times are ISO 8601, UTC."""

from typing import Literal

from msgspec import Struct

from livehub.room.models import InLanguages

DEVELOPMENT = "development chain, proves nothing"
LABELS: InLanguages = {"en": DEVELOPMENT, "zh": "开发链: 不构成证明"}


class AnchoredCheckpoint(Struct, frozen=True, kw_only=True):
    """A checkpoint of the log at an anchor. `pending`: not sent, or only promised; `sent`: under way, or in a block that is not
    deep enough; `confirmed`: anchored; `abandoned`: nobody answered in time. `chain`: by CAIP-2. `tx`: by which the anchor
    knows it: a transaction, the hash of the note, a file. `root`: hexadecimal. `published_at`: when the log published it;
    `anchored_at`: since when the anchor has it, by its own word, where it gives one. `depth`: blocks counted until it was
    confirmed. `label`, `labels`: what to say beside it. `look_at`: a page that shows the transaction.
    """

    id: int
    anchor: str
    kind: str
    state: Literal["pending", "sent", "confirmed", "abandoned"]
    size: int
    root: str
    published_at: str | None
    chain: str | None = None
    tx: str | None = None
    block: int | None = None
    block_hash: str | None = None
    depth: int = 0
    anchored_at: str | None = None
    label: str | None = None
    labels: InLanguages | None = None
    look_at: str | None = None


class AnchorState(Struct, frozen=True, kw_only=True):
    """How an anchor is. `age_s`: since its newest checkpoint was anchored; none: it has none. `newest`: that one's id, `size`:
    of its tree. `failing_since`: none while it answers. `looked_at`: when that was seen.
    """

    anchor: str
    kind: str
    looked_at: str | None
    chain: str | None = None
    failing_since: str | None = None
    newest: int | None = None
    size: int | None = None
    age_s: float | None = None
    label: str | None = None
    labels: InLanguages | None = None


class AnchoredCheckpoints(Struct, frozen=True, kw_only=True):
    """A page, the newest first; and the anchors there are. `as_of`: when this was true."""

    items: list[AnchoredCheckpoint]
    anchors: list[AnchorState]
    as_of: str | None
    next: str | None = None


class AnchorProof(Struct, frozen=True, kw_only=True):
    """What it takes to check an anchor without us. `note`: the checkpoint as the log signed it; `payload`: what a transaction
    carries, hexadecimal; `proof`: a time stamp or an .ots file, base64; `fallbacks`: how often a chain took it back.
    """

    checkpoint: AnchoredCheckpoint
    note: str
    fallbacks: int
    payload: str | None = None
    proof: str | None = None


class WitnessHealth(Struct, frozen=True, kw_only=True):
    """A witness that is asked. `cosigned_at`: when it cosigned the newest checkpoint, as that says; none: it did not."""

    name: str
    cosigned_at: str | None


class AnchorUnderWay(Struct, frozen=True, kw_only=True):
    """A checkpoint on its way to an anchor. `attempts`: how often it was sent, `fee_gwei`: the highest offered for a unit of
    gas; `fallbacks`: how often a chain took it back.
    """

    state: Literal["pending", "sent"]
    size: int
    begun_at: str
    depth: int
    attempts: int
    fee_gwei: float | None
    fallbacks: int


class AnchorHealth(Struct, frozen=True, kw_only=True):
    """How an anchor is. `looked_at`: none, nobody has looked yet; `reason`: of its failure, as it was said. Of the newest
    checkpoint that it has: `newest` (its id), `size` of the tree, `behind` the log by so many entries, `depth` in blocks, the
    fee for a unit of gas, how often it was sent, how often a chain took it back; `age_s`: since it was anchored.
    """

    anchor: str
    kind: str
    looked_at: str | None
    chain: str | None = None
    failing_since: str | None = None
    reason: str | None = None
    newest: int | None = None
    size: int | None = None
    behind: int | None = None
    tx: str | None = None
    block: int | None = None
    depth: int = 0
    anchored_at: str | None = None
    age_s: float | None = None
    fee_gwei: float | None = None
    attempts: int = 0
    fallbacks: int = 0
    under_way: AnchorUnderWay | None = None
    is_development: bool = False
    label: str | None = None
    labels: InLanguages | None = None


class LogHealth(Struct, frozen=True, kw_only=True):
    """How the log is. `is_published`: whether it is, by this process; `size`: of what is published; `age_s`: since the newest
    checkpoint was signed, which happens when there is something new; `waiting`: entries that no published checkpoint has.
    `witnesses_min`: without so many cosignatures none is published. `anchor_every_s`: shortest time between two anchors;
    `confirmations`: blocks at which a transaction counts as anchored.
    """

    is_published: bool
    origin: str
    size: int
    published_at: str | None
    age_s: float | None
    waiting: int
    witnesses: list[WitnessHealth]
    witnesses_min: int
    anchors: list[AnchorHealth]
    anchor_every_s: float
    confirmations: int
    as_of: str
