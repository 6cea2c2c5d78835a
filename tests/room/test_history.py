"""Whatever is lost, doubled or comes late, a follower applies each control message exactly once and in order.

And a client that comes back gets exactly what it missed, or is told that it cannot, wherever it claims to stand.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from livehub.room import wire
from livehub.room.history import Arrival, Recovery, Ring, arrival, plan_recovery
from livehub.room.wire import Position
from tests.room import said

EPOCH = "e1"


def control(offset: int, epoch: str = EPOCH) -> wire.Control:
    return wire.Control(
        room="demo",
        epoch=epoch,
        offset=offset,
        type="chat_delete",
        ts=offset,
        data=Raw(said.written(said.LineDeleted(line=f"{offset}"))),
    )


LOG = [control(offset) for offset in range(1, 13)]  # what PostgreSQL has


class Follower:
    """The rule of the module's header: take the next, drop the seen, fetch over a gap."""

    def __init__(self, committed: int) -> None:
        self.position = Position(epoch=EPOCH, offset=0)
        self.applied: list[int] = []
        self.committed = committed

    def hear(self, message: wire.Control) -> None:
        kind = arrival(self.position, message)
        if kind is Arrival.GAP:
            self.fetch()
        elif kind is Arrival.NEXT:
            self.position = Position(epoch=EPOCH, offset=message.offset)
            self.applied.append(message.offset)

    def fetch(self) -> None:
        for stored in LOG[self.position.offset : self.committed]:
            self.hear(stored)


@given(
    st.lists(st.one_of(st.integers(0, len(LOG) - 1), st.just("fetch")), max_size=40),
    st.lists(st.integers(0, 3), max_size=40),
)
def test_each_message_is_applied_once_and_in_order_whatever_the_bus_does(
    arrivals: list[int | str], commits: list[int]
) -> None:
    follower = Follower(committed=0)
    for step, what in enumerate(arrivals):
        follower.committed = min(len(LOG), follower.committed + (commits[step] if step < len(commits) else 1))
        if what == "fetch":
            follower.fetch()
        elif int(what) < follower.committed:  # the bus brings only what was committed
            follower.hear(LOG[int(what)])
        assert follower.applied == list(range(1, follower.position.offset + 1))
    follower.committed = len(LOG)
    follower.fetch()
    assert follower.applied == [message.offset for message in LOG]


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (control(5), Arrival.NEXT),
        (control(4), Arrival.SEEN),
        (control(1), Arrival.SEEN),
        (control(6), Arrival.GAP),
        (control(5, "e2"), Arrival.OTHER_EPOCH),
        (control(1, "e2"), Arrival.OTHER_EPOCH),
    ],
)
def test_how_a_message_relates_to_a_follower_at_four(message: wire.Control, kind: Arrival) -> None:
    assert arrival(Position(epoch=EPOCH, offset=4), message) is kind


# (epoch, offset) as they might come in, holes and restarts included
streams = st.lists(st.tuples(st.sampled_from(["e1", "e2"]), st.integers(1, 9)), max_size=25)


@given(streams, st.integers(1, 5), st.integers(0, 12))
def test_a_ring_never_has_a_hole_and_says_when_it_does_not_reach_back(
    stream: list[tuple[str, int]], size_max: int, offset: int
) -> None:
    ring = Ring(size_max)
    run: list[wire.Control] = []  # the present run without a hole
    for epoch, at in stream:
        message = control(at, epoch)
        if run and (run[-1].epoch, run[-1].offset + 1) != (epoch, at):
            run = []
        run.append(message)
        ring.append(message)
    kept = run[-size_max:]
    found = ring.after(offset)
    if not kept or kept[0].offset > offset + 1:
        assert found is None
    else:
        assert found == tuple(message for message in kept if message.offset > offset)


@given(
    head=st.integers(0, len(LOG)),
    opened_at=st.integers(0, len(LOG)),
    size_max=st.integers(1, 6),
    recover_max=st.integers(1, 12),
    since=st.none() | st.builds(Position, epoch=st.sampled_from([EPOCH, "e2", ""]), offset=st.integers(0, 2**70)),
    near=st.integers(0, len(LOG) + 2),
    claim_near=st.booleans(),
)
def test_a_client_is_owed_exactly_what_it_missed_or_is_lost(
    head: int, opened_at: int, size_max: int, recover_max: int, since: Position | None, near: int, claim_near: bool
) -> None:
    if claim_near and since is not None:
        since = Position(epoch=since.epoch, offset=near)
    ring = Ring(size_max)  # this follower opened the room at `opened_at`, and has followed since
    for message in LOG[min(opened_at, head) : head]:
        ring.append(message)
    debt = plan_recovery(since, head=Position(epoch=EPOCH, offset=head), ring=ring, recover_max=recover_max)
    if since is None or since.epoch != EPOCH or since.offset > head or head - since.offset > recover_max:
        assert debt == Recovery(missed=(), fetch_after=None, lost=True)
    elif debt.fetch_after is not None:
        assert debt == Recovery(missed=(), fetch_after=since.offset, lost=False)
        in_the_ring = min(size_max, head - min(opened_at, head))
        assert head - since.offset > in_the_ring  # it is not fetched when it is at hand
    else:
        assert debt == Recovery(missed=tuple(LOG[since.offset : head]), fetch_after=None, lost=False)


def test_a_client_that_missed_nothing_is_owed_nothing() -> None:
    here = Position(epoch=EPOCH, offset=7)
    assert plan_recovery(here, head=here, ring=Ring(1), recover_max=1) == Recovery(
        missed=(), fetch_after=None, lost=False
    )


@pytest.mark.parametrize(
    ("since", "debt"),
    [
        (12, Recovery()),
        (9, Recovery(missed=tuple(LOG[9:]))),
        (8, Recovery(missed=tuple(LOG[8:]))),  # as far as the ring reaches
        (7, Recovery(fetch_after=7)),
        (4, Recovery(fetch_after=4)),  # as far as may be recovered
        (3, Recovery(lost=True)),
        (0, Recovery(lost=True)),
        (13, Recovery(lost=True)),
    ],
)
def test_what_is_owed_at_each_bound(since: int, debt: Recovery) -> None:
    ring = Ring(4)
    for message in LOG:
        ring.append(message)
    here = Position(epoch=EPOCH, offset=since)
    assert plan_recovery(here, head=Position(epoch=EPOCH, offset=12), ring=ring, recover_max=8) == debt
