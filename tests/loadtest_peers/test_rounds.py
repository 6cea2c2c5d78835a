"""Small rounds on real servers: each says something of every figure it should, and nothing is left running afterwards."""

import asyncio
import contextlib

import psutil
import pytest

from loadtest.peers.command import NOT_IN, PEERS
from loadtest.peers.nginx import Nchan
from loadtest.peers.ours import Livehub
from loadtest.peers.peer import Peer
from loadtest.peers.processes import NotStarted, new_folder, running
from loadtest.peers.rounds import SCENARIOS, Outcome, OutOfBounds, Size, within_bounds
from loadtest.peers.socketio_servers import NodeSocketIO, PythonSocketIO
from loadtest.peers.summary import FIGURES

SMALL = Size(
    viewers=20,
    mix_viewers=20,
    speakers=4,
    seconds=1.0,
    messages_per_s=5.0,
    chats_per_s=4.0,
    likes_per_s=20.0,
    inbound_likes_per_s=200.0,
    inbound_chats_per_s=40.0,
    settle_s=0.2,
)


def _started_since(before: set[psutil.Process]) -> set[psutil.Process]:
    """Processes below ours that were not there, nor were started by one that was: a test server's own come and go."""
    found = set()
    for process in set(psutil.Process().children(recursive=True)) - before:
        with contextlib.suppress(psutil.NoSuchProcess):
            if before.isdisjoint(process.parents()):
                found.add(process)
    return found


async def _round(scenario: str, peer: Peer) -> Outcome:
    if reason := peer.absent():
        pytest.skip(reason)
    before = set(psutil.Process().children(recursive=True))
    outcome = await SCENARIOS[scenario](peer, SMALL)
    assert _started_since(before) == set()
    assert set(outcome.figures) == set(FIGURES[scenario])
    return outcome


@pytest.mark.parametrize("kind", PEERS, ids=lambda kind: kind.name)
async def test_a_lone_line_is_one_frame_to_every_viewer_on_each_server(kind: type[Peer]) -> None:
    outcome = await _round("fanout", kind())
    assert outcome.notes == []
    assert outcome.figures["frames_per_line"] == 1.0
    assert 0 < outcome.figures["latency_p50_ms"] <= outcome.figures["latency_max_ms"]


@pytest.mark.parametrize("kind", [Livehub, PythonSocketIO, Nchan], ids=lambda kind: kind.name)
async def test_every_line_and_every_like_of_the_mix_is_accounted_for(kind: type[Peer]) -> None:
    outcome = await _round("mix", kind())
    assert outcome.notes == []
    assert outcome.figures["offered_share"] == 1.0
    assert outcome.figures["lines_shown_share"] == 1.0
    assert outcome.figures["events_per_cpu_s"] == pytest.approx(outcome.figures["lines_per_cpu_s"] * 6)


async def test_all_viewers_come_in() -> None:
    outcome = await _round("connect", PythonSocketIO())
    assert outcome.notes == []
    assert outcome.figures["connects_per_cpu_s"] > 0


@pytest.mark.parametrize("kind", [PythonSocketIO, NodeSocketIO], ids=lambda kind: kind.name)
async def test_what_comes_in_is_taken(kind: type[Peer]) -> None:
    outcome = await _round("inbound", kind())
    assert outcome.notes == []
    assert outcome.figures["likes_per_cpu_s"] > 0


def test_only_servers_and_scenarios_that_there_are_are_left_out() -> None:
    assert set(NOT_IN) <= set(SCENARIOS)
    assert set.union(*NOT_IN.values()) <= {kind.name for kind in PEERS}


async def test_a_server_that_outgrows_its_memory_is_ended_and_the_round_says_so() -> None:
    before = set(psutil.Process().children(recursive=True))
    async with PythonSocketIO().served("count") as served:
        with pytest.raises(OutOfBounds, match="its memory reached"):
            await within_bounds(served, Size(rss_mb_max=1), 60.0, asyncio.sleep(60.0))
    assert _started_since(before) == set()


async def test_a_round_that_takes_too_long_is_ended() -> None:
    async with PythonSocketIO().served("count") as served:
        with pytest.raises(OutOfBounds, match="not done in 0 s"):
            await within_bounds(served, Size(), 0.1, asyncio.sleep(60.0))


async def test_what_was_heard_of_a_server_that_ended_counts_for_nothing() -> None:
    async with PythonSocketIO().served("count") as served:

        async def ends() -> str:
            served.kill()
            while served.usage().rss_bytes:  # noqa: ASYNC110 - a signal takes its time, and tells nobody
                await asyncio.sleep(0.01)
            return "all frames"

        with pytest.raises(OutOfBounds, match="it ended by itself"):
            await within_bounds(served, Size(), 60.0, ends())


async def test_a_failure_in_a_round_leaves_no_process_behind() -> None:
    before = set(psutil.Process().children(recursive=True))

    async def fails() -> None:
        async with PythonSocketIO().served("count"):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert _started_since(before) == set()


def test_a_server_that_does_not_start_says_why() -> None:
    with (
        new_folder() as folder,
        pytest.raises(NotStarted, match="broken did not start: no bread"),
        running("broken", ["sh", "-c", "echo no bread; exit 1"], 1, folder=folder, environ={}, cwd=folder),
    ):
        pass
