"""The rounds: one scenario on one server, a fresh one each time, with the same crowd and messages on all of them.

    fanout    viewers sit still, lone chat lines come; each line is one frame to each viewer, on every server
    mix       100 chat lines and 2,000 likes a second come in, or such a part of both as the server can take
    connect   viewers come in, as fast as the server lets them
    inbound   a few hundred sockets send likes, then chat lines; peers count them, livehub does all it always does

A round is bounded in time and in the memory of the server; one that goes past is stopped and says so (OutOfBounds).
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from msgspec import Struct

from loadtest.crowd import Plan
from loadtest.crowds import CrowdLost, Crowds, crowds
from loadtest.hearing import Figures
from loadtest.peers.peer import ROOM, Mode, Peer, Served
from loadtest.peers.processes import Usage
from loadtest.peers.speakers import Speakers, speakers
from loadtest.talk import Said, Talk

WATCH_S = 0.5
HEAR_S = 0.25
SILENCE_S = 3.0  # nothing new for so long: what has not come will not come
LATE_S_MAX = 30.0
LATE_S = 2.0  # what takes longer to arrive had to queue
OVERWHELMED_S = 10.0  # a server that cannot keep up is not waited for as long
IDLE_SHARE = 0.05  # of a processor: a server that uses less has nothing left to do
WHOLE_S = 3.0  # how long all of the mix is tried on a server that cannot be expected to take it
TRIAL_CHATS = 2
FIRST = 200  # who are in before the viewers whose coming in is measured
SHARE_OF_CPU = 0.5  # of the server's processor that a reduced mix is to take
MIX_S_MAX = 60.0

T = TypeVar("T")


class OutOfBounds(Exception):
    """The server took too much memory or time, or ended; the text says which."""


class Size(Struct, frozen=True, kw_only=True):
    """How much of everything."""

    viewers: int = 4_000
    mix_viewers: int = 5_000
    speakers: int = 200
    seconds: float = 10.0
    messages_per_s: float = 5.0
    chats_per_s: float = 100.0
    likes_per_s: float = 2_000.0
    inbound_likes_per_s: float = 15_000.0
    inbound_chats_per_s: float = 4_000.0
    rss_mb_max: int = 3_000
    round_s_max: float = 240.0
    settle_s: float = 2.0


class Outcome(Struct, kw_only=True):
    """Figures by name, and what has to be said about them."""

    figures: dict[str, float]
    notes: list[str] = []


class Show:
    """A room on a server, with its crowd; `crowd` and `speakers` together are `size` sockets."""

    def __init__(self, served: Served, crowd: Crowds, speaking: Speakers, limits: Size) -> None:
        self.served = served
        self.crowd = crowd
        self.speakers = speaking
        self.limits = limits

    @property
    def size(self) -> int:
        """Sockets in the room."""
        return self.crowd.size + self.speakers.size

    async def take(self) -> Figures:
        """What all sockets in the room heard since the last time."""
        figures, own = await asyncio.gather(self.crowd.take(), self.speakers.take())
        figures.merge(own)
        return figures

    async def hear(self, plan: Talk, *, late_s: float = LATE_S_MAX) -> tuple[Said, Figures, Usage]:
        """Have `plan` said; what was heard of it until all or no more came, and what the server used for that."""
        await self.take()
        before = self.served.usage()
        said = await self.speakers.talk(plan)
        figures = await self.take()
        owed = (said.chats + said.likes) * self.size
        deadline_s, news_s = time.monotonic() + late_s, time.monotonic()
        while figures.lines + figures.likes < owed and time.monotonic() < min(deadline_s, news_s + SILENCE_S):
            await asyncio.sleep(HEAR_S)
            more = await self.take()
            if more.frames:
                news_s = time.monotonic()
            figures.merge(more)
        after = self.served.usage()
        return said, figures, Usage(after.cpu_s - before.cpu_s, after.rss_bytes)


@contextlib.asynccontextmanager
async def show(peer: Peer, mode: Mode, size: int, limits: Size) -> AsyncIterator[Show]:
    """A fresh server with `size` sockets in the room."""
    async with peer.served(mode) as served, speakers(peer, served, min(limits.speakers, size - 1)) as speaking:
        plan = Plan(port=served.port, room=ROOM, size=size - speaking.size, dialect=peer.dialect, target=peer.target)
        async with crowds(plan) as crowd:
            await crowd.enter()
            await _warm(served, speaking, limits.settle_s)
            yield Show(served, crowd, speaking, limits)


async def within_bounds(served: Served, limits: Size, seconds: float, work: Awaitable[T]) -> T:
    """The result of `work`, unless the server ends, outgrows its memory or takes longer: OutOfBounds, the server killed."""
    task = asyncio.ensure_future(work)
    deadline_s = time.monotonic() + seconds
    complaint = ""
    try:
        while not complaint:
            done, _ = await asyncio.wait([task], timeout=WATCH_S)
            rss_mb = served.usage().rss_bytes / 1e6
            if not rss_mb:
                complaint = "it ended by itself"
            elif done:
                return task.result()
            elif rss_mb > limits.rss_mb_max:
                complaint = f"its memory reached {rss_mb:,.0f} MB"
            elif time.monotonic() > deadline_s:
                complaint = f"it was not done in {seconds:.0f} s"
    finally:
        if not task.done():
            served.kill()
            task.cancel()
            await asyncio.wait([task])
    raise OutOfBounds(complaint)


# --- scenarios ---


async def fanout(peer: Peer, limits: Size) -> Outcome:
    """One frame per line and viewer; `frames_per_line` says that it was so."""
    async with show(peer, "broadcast", limits.viewers, limits) as room:
        plan = Talk(seconds=limits.seconds, chats_per_s=limits.messages_per_s)
        started_s = time.monotonic()
        said, heard, used = await within_bounds(room.served, limits, limits.round_s_max, room.hear(plan))
        took_s = time.monotonic() - started_s
        frames = max(heard.frames, 1)
        return Outcome(
            figures={
                "cpu_us_per_frame": used.cpu_s / frames * 1e6,
                "latency_p50_ms": heard.chat.percentile(50),
                "latency_p99_ms": heard.chat.percentile(99),
                "latency_max_ms": heard.chat.greatest_ms,
                "frames_per_s": heard.frames / took_s,
                "bytes_per_frame": heard.bytes / frames,
                "frames_per_line": heard.frames / max(1, said.chats * room.size),
                "cpu_share": used.cpu_s / took_s,
            },
            notes=_unsaid(said) + _late(took_s, plan.seconds) + _short(heard.lines, said.chats * room.size, "lines"),
        )


async def connect(peer: Peer, limits: Size) -> Outcome:
    """`viewers` come into a room where a few are already and a line was said, so that what a server loads once is loaded."""
    async with peer.served("broadcast") as served, speakers(peer, served, FIRST) as first:
        await _warm(served, first, limits.settle_s)
        plan = Plan(port=served.port, room=ROOM, size=limits.viewers, dialect=peer.dialect, target=peer.target)
        async with crowds(plan) as crowd:
            before = served.usage()
            took_s = await within_bounds(served, limits, limits.round_s_max, crowd.enter())
            after = served.usage()
            await asyncio.sleep(limits.settle_s)
            still = served.usage()
            heard = await crowd.take()
            return Outcome(
                figures={
                    "connects_per_cpu_s": limits.viewers / max(after.cpu_s - before.cpu_s, 1e-3),
                    "connects_per_s": limits.viewers / took_s,
                    "rss_kb_per_viewer": (still.rss_bytes - before.rss_bytes) / limits.viewers / 1024,
                    "rss_mb": still.rss_bytes / 1e6,
                },
                notes=_short(heard.present, limits.viewers, "viewers"),
            )


async def inbound(peer: Peer, limits: Size) -> Outcome:
    """Likes first, then lines, none acknowledged; processor time until the server is idle again."""
    async with show(peer, "count", limits.speakers + 1, limits) as room:
        await room.take()
        likes = Talk(seconds=limits.seconds / 2, likes_per_s=limits.inbound_likes_per_s, like_batch=1)
        chats = Talk(seconds=limits.seconds / 2, chats_per_s=limits.inbound_chats_per_s)
        figures: dict[str, float] = {}
        notes: list[str] = []
        told = 0
        heard = Figures()
        for name, plan in (("likes", likes), ("chats", chats)):
            work = _worked_off(room, plan)
            said, cpu_s = await within_bounds(room.served, limits, limits.round_s_max / 2, work)
            messages = said.like_messages + said.chats - said.unsaid
            figures[f"{name}_per_cpu_s"] = messages / max(cpu_s, 1e-3)
            notes += _unsaid(said)
            told += said.likes
            watched = await room.crowd.take()  # by those who only watch, to whom nothing but the room's ticks is sent
            figures[f"{name}_ticks_per_s"] = watched.frames / room.crowd.size / plan.seconds
            heard.merge(watched)
            heard.merge(await room.speakers.take())
        notes += _short(heard.present, room.size, "sockets")
        if peer.dialect == "livehub":  # the only one that tells how many likes it counted
            notes += _short(heard.likes, told * room.size, "likes")
        return Outcome(figures=figures, notes=notes)


async def mix(peer: Peer, limits: Size) -> Outcome:
    """All of the mix if the server keeps up with it, else as much as takes half a processor."""
    whole = Talk(seconds=limits.seconds, chats_per_s=limits.chats_per_s, likes_per_s=limits.likes_per_s, like_batch=1)
    notes: list[str] = []
    async with show(peer, "broadcast", limits.mix_viewers, limits) as room:
        trial = Talk(seconds=1.0, chats_per_s=float(TRIAL_CHATS))
        _, heard, used = await within_bounds(room.served, limits, limits.round_s_max, room.hear(trial))
        part = reduced(
            whole, cpu_s_per_event=used.cpu_s / max(heard.lines, 1) * room.size, totals=peer.dialect == "livehub"
        )
        if part is whole:
            return await _mixed(room, whole, whole, limits, notes)
        brief = Talk(seconds=WHOLE_S, chats_per_s=whole.chats_per_s, likes_per_s=whole.likes_per_s, like_batch=1)
        notes.append(await _overwhelmed(room, brief, limits))
    async with show(peer, "broadcast", limits.mix_viewers, limits) as room:
        return await _mixed(room, part, whole, limits, notes)


SCENARIOS: dict[str, Callable[[Peer, Size], Awaitable[Outcome]]] = {
    "fanout": fanout,
    "mix": mix,
    "connect": connect,
    "inbound": inbound,
}


def reduced(whole: Talk, *, cpu_s_per_event: float, totals: bool) -> Talk:
    """`whole`, or the same mix of lines and likes at a rate that takes SHARE_OF_CPU of the server's processor.

    `cpu_s_per_event`: to bring one event to all viewers. With `totals` likes need no message each, and `whole` is returned.
    """
    likes_per_chat = whole.likes_per_s / whole.chats_per_s
    events_per_s = SHARE_OF_CPU / max(cpu_s_per_event, 1e-9)
    if totals or events_per_s >= whole.chats_per_s + whole.likes_per_s:
        return whole
    # At least one line and its likes; longer than planned, if need be.
    chats_per_s = events_per_s / (1 + likes_per_chat)
    seconds = min(max(whole.seconds, 1.0 / chats_per_s), MIX_S_MAX)
    chats_per_s = max(1, int(seconds * chats_per_s)) / seconds
    # A hair more than that, so that rounding down does not lose the last one.
    exact = 1 + 1e-9
    return Talk(
        seconds=seconds, chats_per_s=chats_per_s * exact, likes_per_s=chats_per_s * likes_per_chat * exact, like_batch=1
    )


async def _mixed(room: Show, plan: Talk, whole: Talk, limits: Size, notes: list[str]) -> Outcome:
    said, heard, used = await within_bounds(room.served, limits, limits.round_s_max, room.hear(plan))
    cpu_s = max(used.cpu_s, 1e-3)
    return Outcome(
        figures={
            "events_per_cpu_s": (heard.lines + heard.likes) / cpu_s,
            "lines_per_cpu_s": heard.lines / cpu_s,
            "offered_share": plan.chats_per_s / whole.chats_per_s,
            "lines_shown_share": heard.lines / max(1, said.chats * room.size),
            "chat_p50_ms": heard.chat.percentile(50),
            "chat_p99_ms": heard.chat.percentile(99),
            "cpu_share": used.cpu_s / plan.seconds,
            "rss_mb": used.rss_bytes / 1e6,
        },
        notes=notes
        + _unsaid(said)
        + _short(heard.lines + heard.likes, (said.chats + said.likes) * room.size, "events"),
    )


async def _overwhelmed(room: Show, brief: Talk, limits: Size) -> str:
    """What becomes of the server when it gets all of the mix; it is killed then."""
    words = f"given all of the mix for {WHOLE_S:.0f} s"
    try:
        work = room.hear(brief, late_s=OVERWHELMED_S)
        said, heard, used = await within_bounds(room.served, limits, WHOLE_S + OVERWHELMED_S * 2, work)
    except (OutOfBounds, CrowdLost) as error:
        return f"{words}, {error}"
    finally:
        room.served.kill()
    share = (heard.lines + heard.likes) / max((said.chats + said.likes) * room.size, 1)
    return f"{words}, {share:.1%} of the events had come {OVERWHELMED_S:.0f} s later, memory {used.rss_bytes / 1e6:,.0f} MB"


async def _worked_off(room: Show, plan: Talk) -> tuple[Said, float]:
    """What was said, and processor time until the server has nothing left to do."""
    before = room.served.usage()
    said = await room.speakers.talk(plan)
    idle = await _idle(room.served, room.limits.settle_s, room.limits.round_s_max)
    return said, idle.cpu_s - before.cpu_s


async def _warm(served: Served, speaking: Speakers, settle_s: float) -> None:
    """Have a line said and wait until the server is idle: what is loaded once, and when it is first needed, is loaded then."""
    await speaking.talk(Talk(seconds=1.0, chats_per_s=float(TRIAL_CHATS)))
    await _idle(served, settle_s, LATE_S_MAX)


async def _idle(served: Served, look_s: float, seconds_max: float) -> Usage:
    """What the server had used when it came to have nothing left to do for `look_s`, at most `seconds_max` from now."""
    deadline_s = time.monotonic() + seconds_max
    last = served.usage()
    while time.monotonic() < deadline_s:
        await asyncio.sleep(look_s)
        now = served.usage()
        if now.cpu_s - last.cpu_s < IDLE_SHARE * look_s:
            break
        last = now
    return last


def _unsaid(said: Said) -> list[str]:
    return [f"{said.unsaid:,} messages were not taken by the server"] if said.unsaid else []


def _late(took_s: float, seconds: float) -> list[str]:
    late_s = took_s - seconds
    return (
        [f"it fell behind: the last frame came {late_s:.1f} s after the last line was sent"] if late_s > LATE_S else []
    )


def _short(came: int, owed: int, what: str) -> list[str]:
    return [f"{came:,} of {owed:,} {what} came"] if came < owed else []
