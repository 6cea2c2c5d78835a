"""What a room shows: the structs that messages are made of, and the field types they share. Pure: no I/O.

Part of the wire's contract (see wire.py, which carries every name here): names stay; fields may be added, never changed
in meaning. Times are Unix milliseconds, money is integer minor units with an ISO 4217 code.

The field types with bounds (RoomId to AmountMinor) are for the edge: bodies of calls and of socket events. The structs are
stored and sent, and have none: what came past the edge, a row written by SQL say, must not make a room unreadable.
"""

from typing import Annotated, Literal, get_args

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, ValidationError, json

from livehub.base.money import EXPONENTS
from livehub.base.text import HIDDEN

# Python's `$` also matches before a newline at the end, hence `$(?!\n)`; browsers read these patterns, too, so not `\Z`.
RoomId = Annotated[
    str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$(?!\n)", description="room name: a-z, 0-9, dashes; at most 48")
]
Id = Annotated[str, Meta(min_length=1, max_length=64, description="an identifier given by the server")]
PersonId = Annotated[str, Meta(min_length=1, max_length=255, description="a person's id, as their token has it")]
Key = Annotated[
    str, Meta(min_length=8, max_length=64, description="chosen by the client; the same key is the same request")
]
Text = Annotated[
    str, Meta(description="plain text, shown as text; one that is longer than this installation takes is 2014")
]
Title = Annotated[str, Meta(min_length=1, max_length=120, description="one line of plain text")]
IMAGE_ADDRESS = rf"/(?!/)[A-Za-z0-9_.~/-]*|https://[^\"'<>\\{HIDDEN}]+"
ImageUrl = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=rf"^({IMAGE_ADDRESS})$(?!\n)",
        description="a path of ours, or https; what is not to be seen in it is percent-encoded",
    ),
]
# All of them by name: what has no exponent is no amount of anything.
Currency = Annotated[
    str, Meta(pattern=rf"^({'|'.join(sorted(EXPONENTS))})$(?!\n)", description="ISO 4217 code of a currency in use")
]
AMOUNT_MINOR_MAX = (
    10**12
)  # of one amount, and of what one order comes to: sums of millions of them stay far below 2**63
AmountMinor = Annotated[int, Meta(ge=0, le=AMOUNT_MINOR_MAX, description="minor units, e.g. fen or cents")]
Version = Annotated[int, Meta(ge=1, lt=2**31, description="as it was read")]

Language = Literal["zh", "en"]
"""Those of the pages."""

InLanguages = dict[str, str]
"""The same words in several languages, by language (`zh`, `en`). Whoever lacks theirs shows the plain field beside it."""

ShowStatus = Literal["scheduled", "live", "paused", "ended"]
QuizKind = Literal["choice", "number"]
RoleName = Literal["viewer", "host", "ops", "picker", "courier", "farm", "care", "admin", "guest"]
Badge = Literal["host", "cohost", "expert", "ops", "care"]

# Roles get more with time; a line of somebody whose role this version does not know is a line all the same.
AnyRole = Annotated[str, Meta(extra_json_schema={"enum": sorted(get_args(RoleName))})]
AnyBadge = Annotated[str, Meta(extra_json_schema={"enum": sorted(get_args(Badge))})]

CouponKind = Literal["fixed", "percent", "delivery"]
Audience = Literal["everyone", "new_buyer", "people"]
AnyCouponKind = Annotated[str, Meta(extra_json_schema={"enum": sorted(get_args(CouponKind))})]
AnyAudience = Annotated[str, Meta(extra_json_schema={"enum": sorted(get_args(Audience))})]


def words_of(stored: str | None) -> InLanguages | UnsetType:
    """Those of a column; words that are no such thing are left out."""
    try:
        return UNSET if stored is None else json.decode(stored, type=InLanguages)
    except ValidationError:
        return UNSET


def in_language(texts: InLanguages | UnsetType, plain: str, language: str) -> str:
    """The words for a reader of that language."""
    return plain if texts is UNSET else texts.get(language, plain)


class Host(Struct, frozen=True, kw_only=True):
    """Who the room belongs to. `names`: the name by language, where somebody gave it."""

    name: str
    avatar: str | None = None
    names: InLanguages | UnsetType = UNSET


class Show(Struct, frozen=True, kw_only=True):
    """The state of the show and since when. `live_ts`: the first moment of the present show."""

    status: ShowStatus = "scheduled"
    since_ts: int = 0
    live_ts: int | None = None
    starts_ts: int | None = None


class CardWeight(Struct, frozen=True, kw_only=True):
    """What is sold by weight: the price is that of `grams`, the most that is charged; `per_kg_minor`: what 1,000 g cost."""

    grams: int
    per_kg_minor: int


class CardPart(Struct, frozen=True, kw_only=True):
    """What is in a bundle, or comes as a gift, with each unit."""

    id: str
    qty: int
    title: str
    image: str | None = None
    unit: str | None = None
    titles: InLanguages | UnsetType = UNSET
    unit_names: InLanguages | UnsetType = UNSET


class Card(Struct, frozen=True, kw_only=True):
    """A product as shown in a room. `no`: its number there, which it keeps and no other product gets.

    `titles`, `subtitles`, `unit_names`, `variant_names`: title, subtitle, unit and variant by language, where somebody gave
    them. `variant`: which size or sort of a product it is. `components`: what a unit of a bundle is made of.
    `batch`: the batch of food that is shown with it; `/trace/batches/{batch}` leads to where that comes from.
    """

    id: str
    no: int | None = None
    title: str
    subtitle: str | None = None
    image: str | None = None
    price_minor: int | None = None
    list_price_minor: int | None = None
    currency: str | None = None
    unit: str | None = None
    titles: InLanguages | UnsetType = UNSET
    subtitles: InLanguages | UnsetType = UNSET
    unit_names: InLanguages | UnsetType = UNSET
    variant: str | UnsetType = UNSET
    variant_names: InLanguages | UnsetType = UNSET
    weighed: CardWeight | UnsetType = UNSET
    components: tuple[CardPart, ...] | UnsetType = UNSET
    gift: CardPart | UnsetType = UNSET
    batch: str | UnsetType = UNSET


class CouponCard(Struct, frozen=True, kw_only=True):
    """A coupon as shown in a room.

    `kind`: `fixed` takes `amount_minor` off the goods, `percent` `basis_points` (1,000 are 10 %) of them, at most `cap_minor`;
    `delivery` takes `amount_minor` off the fee, all of it when that is 0. Each from goods of `min_spend_minor` on.
    `products`: which goods; None: all that take coupons. `audience`: who can have it; `new_buyer`: who has paid no order yet.
    It can be had until `ends_ts`, and used in [`usable_from_ts`, `usable_until_ts`).
    """

    id: str
    title: str
    amount_minor: int
    currency: str
    min_spend_minor: int = 0
    total: int
    ends_ts: int | None = None
    prize: bool = False
    kind: AnyCouponKind = "fixed"
    basis_points: int = 0
    cap_minor: int | None = None
    products: tuple[str, ...] | None = None
    audience: AnyAudience = "everyone"
    usable_from_ts: int | None = None
    usable_until_ts: int | None = None
    titles: InLanguages | UnsetType = UNSET


class Winner(Struct, frozen=True, kw_only=True):
    """One who won a quiz."""

    user: str
    name: str
    rank: int
    value: float | None = None


class QuizResult(Struct, frozen=True, kw_only=True):
    """How a quiz came out. `counts`: answers per option, or per bucket of `edges` (len(edges) = len(counts) + 1)."""

    answers: int
    counts: list[int]
    winners: list[Winner]
    winners_total: int
    correct_choice: int | None = None
    correct_value: float | None = None
    edges: list[float] | None = None


class QuizCard(Struct, frozen=True, kw_only=True):
    """A quiz as viewers see it; the right answer appears in `result` alone."""

    id: str
    kind: QuizKind
    question: str
    options: list[str] | None = None
    unit: str | None = None
    min_value: float | None = None
    max_value: float | None = None
    step: float | None = None
    opens_ts: int
    closes_ts: int
    status: Literal["open", "closed"] = "open"
    prize: CouponCard | None = None
    result: QuizResult | None = None


class Question(Struct, frozen=True, kw_only=True):
    """A viewer's question that was answered (`answer` is empty when it was answered aloud). `badge`: of whoever did, as in
    chat; `by`: their name, unless they speak for the shop.
    """

    id: str
    name: str
    text: str
    answer: str = ""
    answered_ts: int
    badge: AnyBadge | UnsetType = UNSET
    by: str | UnsetType = UNSET


class ChatLine(Struct, frozen=True, kw_only=True):
    """One line of chat. `badge`: what the speaker was in this room, said by the server: its host, a co-host, an expert, or of
    the shop's staff; absent for all others, whatever their role is elsewhere.
    """

    id: str
    user: str
    name: str
    role: AnyRole
    text: str
    ts: int
    badge: AnyBadge | UnsetType = UNSET


class Snapshot(Struct, frozen=True, kw_only=True):
    """A room at one moment: its view at (`epoch`, `offset`), and the passing things as this worker knows them.

    `viewers`: people who watch, each once, without staff.
    `bounds`: how much the view's lists may hold here, by name; a client that keeps the view up to date keeps to them. And how
    many characters (code points, in NFC) a chat line and a question may have: `chat_chars_max`, `question_chars_max`.
    `stock`: what is left, by what it is left of; ticks tell what changes.
    """

    view: Raw
    likes: int
    viewers: int
    chats: tuple[ChatLine, ...]
    ts: int
    bounds: dict[str, int] = {}
    stock: dict[str, int] = {}
