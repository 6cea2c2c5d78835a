"""What Hypothesis draws for the tests of the rooms.

`of_type` makes any value that a wire type allows, bounds and patterns included. The rest draws from small pools of ids, so
that messages meet: a card is pinned, changed and removed within a few steps.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from msgspec import UNSET, Struct, inspect

from livehub.room.models import Card, CouponCard, Host, Question, QuizCard, QuizResult
from livehub.room.state import RoomState
from tests.room import said

SMALL = said.registry_of(
    {"bag_max": 3, "coupons_shown_max": 2, "questions_shown_max": 2, "restrictions_max": 2, "sales_shown_max": 2}
)
BOUNDS = SMALL.bounds
NOW_MS = 1_800_000_000_000

CARDS = tuple("abcde")
COUPONS = tuple("pqrs")
USERS = ("ann", "bob", "cho", "dee")
QUIZZES = ("q1", "q2")
SALES = ("s1", "s2", "s3")

# No surrogates: JSON in UTF-8 cannot carry them.
_TEXT = st.characters(codec="utf-8")


def of_type(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of `kind` that decodes: a msgspec Struct class, or a type such as its fields have."""
    return _of_info(inspect.type_info(kind))


def _of_info(info: inspect.Type) -> st.SearchStrategy[Any]:
    return _KINDS[type(info)](info)


def _integer(info: inspect.IntType) -> st.SearchStrategy[int]:
    least = int(info.ge) if info.ge is not None else -(2**63) if info.gt is None else int(info.gt) + 1
    most = int(info.le) if info.le is not None else 2**63 - 1 if info.lt is None else int(info.lt) - 1
    return st.integers(least, most)


def _string(info: inspect.StrType) -> st.SearchStrategy[str]:
    if info.pattern is not None:
        drawn = st.from_regex(re.compile(info.pattern), alphabet=_TEXT)
        return drawn.filter(lambda text: len(text) <= (info.max_length or len(text)))
    return st.text(_TEXT, min_size=info.min_length or 0, max_size=min(info.max_length or 12, 12))


def _struct(info: inspect.StructType) -> st.SearchStrategy[Any]:
    always = {field.name: _of_info(field.type) for field in info.fields if field.required}
    maybe = {field.name: _of_info(field.type) for field in info.fields if not field.required}
    return st.fixed_dictionaries(always, optional=maybe).map(lambda values: info.cls(**values))


_KINDS: dict[type[inspect.Type], Callable[[Any], st.SearchStrategy[Any]]] = {
    inspect.Metadata: lambda info: _of_info(info.type),
    inspect.StructType: _struct,
    inspect.UnionType: lambda info: st.one_of([_of_info(option) for option in info.types]),
    inspect.LiteralType: lambda info: st.sampled_from(info.values),
    inspect.StrType: _string,
    inspect.IntType: _integer,
    inspect.FloatType: lambda info: st.floats(info.ge, info.le, allow_nan=False, allow_infinity=False),
    inspect.ListType: lambda info: st.lists(_of_info(info.item_type), max_size=3),
    inspect.VarTupleType: lambda info: st.lists(_of_info(info.item_type), max_size=3).map(tuple),
    inspect.DictType: lambda info: st.dictionaries(_of_info(info.key_type), _of_info(info.value_type), max_size=3),
    inspect.BoolType: lambda _info: st.booleans(),
    inspect.NoneType: lambda _info: st.none(),
    inspect.AnyType: lambda _info: st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text(_TEXT, max_size=5)),
}

# --- the rooms' own, out of small pools ---

cards = st.builds(
    Card,
    id=st.sampled_from(CARDS),
    title=st.sampled_from(["Honey", "蜂蜜"]),
    price_minor=st.none() | st.integers(0, 3),
    currency=st.just("CNY"),
)  # without a number, as before a decision, or from a version before
coupon_cards = st.builds(
    CouponCard,
    id=st.sampled_from(COUPONS),
    title=st.just("five off"),
    amount_minor=st.integers(0, 500),
    currency=st.just("CNY"),
    total=st.integers(1, 9),
)
quiz_cards = st.builds(
    QuizCard,
    id=st.sampled_from(QUIZZES),
    kind=st.just("choice"),
    question=st.just("How sweet?"),
    options=st.just(["11 %", "13 %"]),
    opens_ts=st.just(NOW_MS),
    closes_ts=st.just(NOW_MS + 30_000),
)
questions = st.builds(
    Question,
    id=st.sampled_from(["n1", "n2", "n3"]),
    name=st.just("Ann"),
    text=st.sampled_from(["When?", "Where?"]),
    answered_ts=st.integers(NOW_MS, NOW_MS + 9),
)
sale_cards = st.builds(
    said.SaleCard,
    id=st.sampled_from(SALES),
    card=cards,
    price_minor=st.integers(0, 3),
    currency=st.just("CNY"),
    units=st.integers(1, 9),
    per_person_max=st.just(1),
    state=st.sampled_from(["scheduled", "open"]),
)
users = st.sampled_from(USERS)
ends = st.one_of(st.just(0), st.integers(NOW_MS - 5, NOW_MS + 20))

controls: st.SearchStrategy[Struct] = st.one_of(
    of_type(said.ShowChanged),
    st.builds(
        said.RoomEdited,
        title=st.sampled_from(["One", "Two"]),
        host=st.just(Host(name="Farm")),
        titles=st.sampled_from([UNSET, {"zh": "一", "en": "One"}]),
    ),
    st.builds(said.Pinned, card=cards),
    st.builds(said.Unpinned),
    st.builds(said.BagPut, card=cards),
    st.builds(said.BagRemoved, card=st.sampled_from(CARDS)),
    st.builds(said.CouponShown, coupon=coupon_cards),
    st.builds(said.CouponEnded, coupon=st.sampled_from(COUPONS)),
    st.builds(said.QuizOpened, quiz=quiz_cards),
    st.builds(said.QuizClosed, quiz=st.sampled_from(QUIZZES)),
    st.builds(said.QuizDecided, quiz=st.sampled_from(QUIZZES), result=of_type(QuizResult)),
    st.builds(said.QuestionAnswered, question=questions),
    st.builds(said.SlowModeSet, seconds=st.integers(0, 9)),
    st.builds(said.LineDeleted, line=st.just("line")),
    of_type(said.LineRestored),
    st.builds(said.Muted, user=users, until_ts=ends),
    st.builds(said.Banned, user=users, until_ts=ends),
    st.builds(said.SaleScheduled, sale=sale_cards),
    st.builds(said.SaleOpened, sale=sale_cards),
    st.builds(said.SaleClosed, sale=st.sampled_from(SALES)),
    st.builds(said.SaleRemoved, sale=st.sampled_from(SALES)),
    of_type(said.CameraSwitched),
)


def empty_room() -> RoomState:
    """A room in which nothing has happened."""
    return said.new_room(SMALL)


def apply(state: RoomState, data: Struct, *, ts: int = NOW_MS) -> RoomState:
    """The state after one more message, under the bounds of SMALL."""
    return SMALL.reduce(state, data, ts=ts)


def as_stored(state: RoomState) -> RoomState:
    """The state after a round trip through PostgreSQL, whose jsonb keeps no order of members."""
    ordered = json.dumps(json.loads(bytes(SMALL.stored(state))), sort_keys=True)
    return SMALL.read(state.room, ordered).state
