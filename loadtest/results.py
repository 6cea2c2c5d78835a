"""What a show is asked for and what came out of it: the structs of the JSON report, and medians over runs. Pure: no I/O."""

import math
import statistics
from typing import Any

import msgspec
from msgspec import Struct

from loadtest.hearing import Figures

CHATS_PER_TALKER_S = 0.5  # half of what one person may say
LIKES_PER_TALKER_S = 20.0  # the server counts 50 a second of one socket
MESSAGES_PER_TALKER_S = 5.0  # and takes 20 events


class Plan(Struct, frozen=True, kw_only=True):
    """What to do. `per_s`: joins a second (0: as fast as they go); `per_source`: sockets from one address (0: any number).

    `controls_per_s`: pairs of control messages. `processes`: of the crowd (0: as many as are needed).
    """

    room: str = "load"
    workers: int = 1
    viewers: int = 500
    seconds: float = 15.0
    chats_per_s: float = 20.0
    likes_per_s: float = 200.0
    like_batch: int = 5
    controls_per_s: float = 1.0
    per_s: float = 0.0
    at_once: int = 64
    per_source: int = 256
    processes: int = 0
    deflate: bool = False
    cut: bool = True
    kill_valkey: bool = False

    @property
    def talkers(self) -> int:
        """People who talk: so many that none meets the limit of one person or one socket."""
        messages_per_s = self.likes_per_s / self.like_batch
        return max(
            1,
            math.ceil(self.chats_per_s / CHATS_PER_TALKER_S),
            math.ceil(self.likes_per_s / LIKES_PER_TALKER_S),
            math.ceil(messages_per_s / MESSAGES_PER_TALKER_S),
        )


class Second(Struct, frozen=True, kw_only=True):
    """One second of a show. Latencies in ms, None when nothing came; processor seconds used in that second."""

    at_s: int
    viewers: int
    frames: int
    events: int
    entered: int
    bytes: int
    chat_p50_ms: float | None
    chat_p99_ms: float | None
    control_p50_ms: float | None
    control_p99_ms: float | None
    server_cpu_s: float
    crowd_cpu_s: float
    memory_mb: float
    faults: int


class Phase(Struct, frozen=True, kw_only=True):
    """A part of a show, in seconds from its beginning."""

    name: str
    from_s: float
    to_s: float


class Report(Struct, frozen=True, kw_only=True):
    """What came out of one run; FIGURES says what each number is."""

    plan: Plan
    connect_s: float
    connects_per_s: float
    connects_per_cpu_s: float
    memory_kb_per_viewer: float
    show_s: float
    frames: int
    lines: int
    controls: int
    likes: int
    events: int
    bytes: int
    frames_per_s: float
    events_per_s: float
    bytes_per_viewer_s: float
    cpu_s: float
    postgresql_cpu_s: float
    valkey_cpu_s: float
    crowd_cpu_s: float
    cpu_us_per_frame: float
    cpu_us_per_event: float
    events_per_cpu_s: float
    messages_per_cpu_s: float
    control_p50_ms: float
    control_p99_ms: float
    control_max_ms: float
    chat_p50_ms: float
    chat_p99_ms: float
    chat_max_ms: float
    chats_sent: int
    likes_sent: int
    controls_sent: int
    unsaid: int
    reconnect_s: float
    viewers_behind: int
    faults: dict[str, int]
    notices: dict[str, int]
    phases: list[Phase]
    seconds: list[Second]

    @property
    def sound(self) -> bool:
        """Nobody missed a control message or got one twice or out of order, all could come in, and all stand at the head."""
        return not self.faults and not self.viewers_behind


class Run(Struct, frozen=True, kw_only=True):
    """One show of a series."""

    variant: str
    report: Report


class Series(Struct, frozen=True, kw_only=True):
    """All that one command played, and on what. `made`: ISO 8601, UTC."""

    made: str
    machine: str
    commit: str
    runs: list[Run]

    @property
    def variants(self) -> list[str]:
        """In the order they were first played."""
        return list(dict.fromkeys(run.variant for run in self.runs))

    @property
    def sound(self) -> bool:
        """Every run was."""
        return all(run.report.sound for run in self.runs)

    def medians(self, variant: str) -> dict[str, float]:
        """Each figure's median over the runs of a variant."""
        reports = [msgspec.to_builtins(run.report) for run in self.runs if run.variant == variant]
        return {name: statistics.median(report[name] for report in reports) for name in FIGURES}


FIGURES = {
    "connects_per_s": "joins a second while all come in",
    "connects_per_cpu_s": "joins per second of the server's processor time",
    "memory_kb_per_viewer": "growth of the server's resident memory while all come in, per viewer, KB",
    "frames": "messages of the room that viewers received, pings and answers not among them",
    "lines": "lines of chat that viewers saw, each counted at each viewer",
    "controls": "control messages that viewers received",
    "likes": "likes reflected in the totals that viewers were shown, counted at each viewer",
    "events": "lines, controls and likes together",
    "frames_per_s": "frames a second",
    "events_per_s": "events a second",
    "bytes_per_viewer_s": "bytes on the wire to one viewer, a second",
    "cpu_s": "processor seconds of the server's Python processes during the show",
    "postgresql_cpu_s": "processor seconds of PostgreSQL during the show",
    "valkey_cpu_s": "processor seconds of Valkey during the show",
    "crowd_cpu_s": "processor seconds of the crowd during the show, on the same machine",
    "cpu_us_per_frame": "server's processor time per frame, everything included, µs",
    "cpu_us_per_event": "server's processor time per event, µs",
    "events_per_cpu_s": "events per second of the server's processor time",
    "messages_per_cpu_s": "lines of chat and control messages per second of the server's processor time, likes left out",
    "control_p50_ms": "control message, made to seen, median, ms",
    "control_p99_ms": "control message, made to seen, 99th percentile, ms",
    "control_max_ms": "control message, made to seen, the latest of all, ms",
    "chat_p50_ms": "line of chat, sent to seen, median, ms",
    "chat_p99_ms": "line of chat, sent to seen, 99th percentile, ms",
    "chat_max_ms": "line of chat, sent to seen, the latest of all, ms",
    "chats_sent": "lines of chat that were sent",
    "likes_sent": "likes that were sent",
    "controls_sent": "control messages that were made, those of the storm included",
    "unsaid": "lines and likes whose turn it was at somebody without a connection",
    "reconnect_s": "everybody cut off at once: from when they turned to come back until the last was in, s",
    "viewers_behind": "viewers that did not stand at the head of the control log in the end",
}


class Measured(Struct, frozen=True, kw_only=True):
    """What was taken down while a show was played; `*_cpu_s` by kind of process, from the beginning of the show to its end."""

    connect_s: float
    connect_cpu_s: float
    grown_bytes: int
    show_s: float
    cpu_s: dict[str, float]
    reconnect_s: float
    heard: Figures
    faults: dict[str, int]
    notices: dict[str, int]
    said: tuple[int, int, int]  # chats, likes, unsaid
    controls_sent: int
    behind: int


def report_of(plan: Plan, measured: Measured, phases: list[Phase], seconds: list[Second]) -> Report:
    """The figures of one run."""
    m, heard = measured, measured.heard
    cpu_s = m.cpu_s.get("server", 0.0)
    chats, likes, unsaid = m.said
    return Report(
        plan=plan,
        connect_s=round(m.connect_s, 2),
        connects_per_s=round(plan.viewers / m.connect_s, 1),
        connects_per_cpu_s=_ratio(plan.viewers, m.connect_cpu_s, 1),
        memory_kb_per_viewer=round(m.grown_bytes / plan.viewers / 1024, 1),
        show_s=round(m.show_s, 2),
        frames=heard.frames,
        lines=heard.lines,
        controls=heard.controls,
        likes=heard.likes,
        events=heard.events,
        bytes=heard.bytes,
        frames_per_s=round(heard.frames / m.show_s, 1),
        events_per_s=round(heard.events / m.show_s, 1),
        bytes_per_viewer_s=round(heard.bytes / m.show_s / plan.viewers, 1),
        cpu_s=round(cpu_s, 2),
        postgresql_cpu_s=round(m.cpu_s.get("postgresql", 0.0), 2),
        valkey_cpu_s=round(m.cpu_s.get("valkey", 0.0), 2),
        crowd_cpu_s=round(heard.cpu_s, 2),
        cpu_us_per_frame=_ratio(cpu_s * 1e6, heard.frames, 2),
        cpu_us_per_event=_ratio(cpu_s * 1e6, heard.events, 3),
        events_per_cpu_s=_ratio(heard.events, cpu_s, 0),
        messages_per_cpu_s=_ratio(heard.lines + heard.controls, cpu_s, 0),
        control_p50_ms=round(heard.control.percentile(50), 1),
        control_p99_ms=round(heard.control.percentile(99), 1),
        control_max_ms=round(heard.control.greatest_ms, 1),
        chat_p50_ms=round(heard.chat.percentile(50), 1),
        chat_p99_ms=round(heard.chat.percentile(99), 1),
        chat_max_ms=round(heard.chat.greatest_ms, 1),
        chats_sent=chats,
        likes_sent=likes,
        controls_sent=m.controls_sent,
        unsaid=unsaid,
        reconnect_s=round(m.reconnect_s, 2),
        viewers_behind=m.behind,
        faults=m.faults,
        notices=m.notices,
        phases=phases,
        seconds=seconds,
    )


def second_of(at_s: int, figures: Figures, server_cpu_s: float, memory_mb: float) -> Second:
    """One second of a run."""
    chat, control = figures.chat, figures.control
    return Second(
        at_s=at_s,
        viewers=figures.present,
        frames=figures.frames,
        events=figures.events,
        entered=figures.entered,
        bytes=figures.bytes,
        chat_p50_ms=round(chat.percentile(50), 1) if chat.counts else None,
        chat_p99_ms=round(chat.percentile(99), 1) if chat.counts else None,
        control_p50_ms=round(control.percentile(50), 1) if control.counts else None,
        control_p99_ms=round(control.percentile(99), 1) if control.counts else None,
        server_cpu_s=round(server_cpu_s, 3),
        crowd_cpu_s=round(figures.cpu_s, 3),
        memory_mb=round(memory_mb, 1),
        faults=sum(figures.faults.values()),
    )


def rows(series: Series) -> list[tuple[Any, ...]]:
    """(figure, its median for each variant, what it is)."""
    medians = [series.medians(variant) for variant in series.variants]
    return [(name, *(values[name] for values in medians), what) for name, what in FIGURES.items()]


def _ratio(some: float, of: float, digits: int) -> float:
    return round(some / of, digits) if of else 0.0
