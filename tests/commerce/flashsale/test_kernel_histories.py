"""Whatever comes in whatever order, the compiled kernel answers as the model does, and ends in the same state."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from commerce.flashsale import kernel as k
from commerce.flashsale.arrays import Ask
from tests.commerce.flashsale.model import Answer, Model, Resource
from tests.commerce.flashsale.stock import Stock

PEOPLE, KEYS, HOLDS = 24, 12, 40
RESOURCES = [
    (5, (2, 0, 0), 0, 10_000),
    (3, (0, 3, 2), 100, 900),
    (40, (20, 0, 5), 0, 10_000),
    (0, (0, 0, 0), 0, 10_000),
]

units = st.integers(-1, 6)
line = st.tuples(st.integers(0, len(RESOURCES) - 1), units)
somebody = st.integers(0, PEOPLE - 1)
maybe = st.one_of(st.just(-1), somebody)
ms = st.integers(0, 1_200)
asks = st.one_of(
    st.builds(
        Ask,
        op=st.sampled_from([k.RESERVE, k.RESERVE, k.RESERVE_LATE]),
        who=st.tuples(somebody, maybe, maybe),
        key=st.integers(-1, KEYS - 1),
        lines=st.lists(line, max_size=3),
        until_ms=ms,
    ),
    st.builds(Ask, op=st.just(k.RESERVE), who=st.tuples(somebody, maybe, maybe), lines=st.lists(line, min_size=1, max_size=2),
              until_ms=st.just(1_000)),
    st.builds(Ask, op=st.just(k.CONFIRM), hold=st.integers(-1, HOLDS), lines=st.lists(line, max_size=3)),
    st.builds(Ask, op=st.sampled_from([k.RELEASE, k.RELEASE_CLOSING]), hold=st.integers(-1, HOLDS)),
    st.builds(Ask, op=st.just(k.CLOSE), hold=st.integers(-1, HOLDS), until_ms=ms),
    st.builds(Ask, op=st.just(k.ADJUST), lines=st.tuples(st.tuples(st.integers(0, 3), st.integers(-4, 4))).map(list)),
    st.builds(Ask, op=st.sampled_from([k.ALIAS, k.UNALIAS]), who=st.tuples(somebody, somebody, st.just(-1))),
)  # fmt: skip
histories = st.lists(st.tuples(st.integers(0, 300), st.lists(asks, max_size=12)), max_size=12)


def told(model: Model, ask: Ask, now_ms: int) -> Answer:
    """What the model says to a request."""
    code, left = k.BAD, 0
    match ask.op:
        case k.RESERVE | k.RESERVE_LATE:
            late = ask.op == k.RESERVE_LATE
            return model.reserve(ask.who, ask.key, list(ask.lines), ask.until_ms, now_ms, late=late)
        case k.ADJUST:
            code, left = model.adjust(*ask.lines[0])
            return (code, -1, -1, left, 0)
        case k.ALIAS:
            return (model.alias(ask.who[0], ask.who[1]), -1, -1, 0, 0)
        case k.UNALIAS:
            return (model.unalias(ask.who[0]), -1, -1, 0, 0)
        case k.CONFIRM:
            code = model.confirm(ask.hold, list(ask.lines), now_ms)
        case k.RELEASE | k.RELEASE_CLOSING:
            code = model.release(ask.hold, now_ms, k.HELD if ask.op == k.RELEASE else k.CLOSING)
        case k.CLOSE:
            code = model.close(ask.hold, ask.until_ms, now_ms)
    return (code, ask.hold, -1, 0, 0)


def play(history: list[tuple[int, list[Ask]]], people: int, keys: int) -> None:
    stock = Stock(RESOURCES, who_max=people, keys_max=keys)
    model = Model([Resource(*resource) for resource in RESOURCES])
    now_ms = 0
    for later_ms, batch in history:
        now_ms += later_ms
        assert set(stock.expire(now_ms)) == model.expire(now_ms)
        assert stock.batch(batch, now_ms) == [told(model, ask, now_ms) for ask in batch]
        for n, resource in enumerate(model.resources):
            assert stock.units(n) == (resource.units, resource.holding, resource.sold)
            assert resource.holding + resource.sold <= resource.units
        stock.copied()
    for n, hold in enumerate(model.holds):
        assert stock.tables.holds[n, k.STATE] == hold.state


@settings(max_examples=300, deadline=None)
@given(histories)
def test_the_kernel_answers_as_the_model(history: list[tuple[int, list[Ask]]]) -> None:
    play(history, PEOPLE, KEYS)


def test_the_kernel_answers_as_the_model_while_every_table_grows() -> None:
    chance = random.Random(5)
    people, keys, holds = 400, 3_000, 0
    history: list[tuple[int, list[Ask]]] = []
    for _ in range(60):
        batch = []
        for _ in range(50):
            who = (chance.randrange(people), chance.choice([-1, chance.randrange(people)]), -1)
            match chance.randrange(8):
                case 0:
                    batch.append(Ask(k.RELEASE, hold=chance.randrange(holds + 1)))
                case 1:
                    batch.append(Ask(k.CONFIRM, hold=chance.randrange(holds + 1)))
                case 2:
                    batch.append(Ask(k.ADJUST, lines=[(chance.randrange(3), chance.randrange(30))]))
                case 3 if chance.random() < 0.2:
                    batch.append(Ask(chance.choice([k.ALIAS, k.UNALIAS]), who=(who[0], chance.randrange(people), -1)))
                case _:
                    lines = [
                        (resource, chance.randrange(1, 3))
                        for resource in chance.sample([0, 1, 2], chance.randrange(1, 4))
                    ]
                    until_ms = 10 * len(history) + chance.randrange(20, 200)
                    batch.append(Ask(k.RESERVE, who=who, key=chance.randrange(keys), lines=lines, until_ms=until_ms))
                    holds += chance.random() < 0.4
        history.append((10, batch))
    play(history, people, keys)
