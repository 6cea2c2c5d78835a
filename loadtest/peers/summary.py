"""What many rounds come to: medians with least and most, and how many times better livehub is. Pure: no I/O."""

import statistics
from collections.abc import Iterable

from msgspec import Struct

from loadtest.pairs import PairedRatio, paired_ratio

SUBJECT = "livehub"


class Figure(Struct, frozen=True, kw_only=True):
    """What a figure is. `better`: "less", "more", or "" where neither is."""

    words: str
    better: str = ""
    digits: int = 0


# By scenario, then by figure, in the order of the table. CPU: user and system time of the server's own process.
FIGURES: dict[str, dict[str, Figure]] = {
    "fanout": {
        "cpu_us_per_frame": Figure(words="CPU per delivered frame, us", better="less", digits=2),
        "latency_p50_ms": Figure(words="line sent to line seen, median, ms", better="less", digits=1),
        "latency_p99_ms": Figure(words="the same, 99th percentile, ms", better="less", digits=1),
        "latency_max_ms": Figure(words="the same, longest, ms", better="less", digits=1),
        "frames_per_s": Figure(words="frames delivered a second"),
        "bytes_per_frame": Figure(words="bytes of a frame on the wire"),
        "frames_per_line": Figure(words="frames per line and viewer", digits=3),
        "cpu_share": Figure(words="processors used", digits=2),
    },
    "mix": {
        "events_per_cpu_s": Figure(words="events delivered per CPU-second", better="more"),
        "lines_per_cpu_s": Figure(words="chat lines delivered per CPU-second", better="more"),
        "offered_share": Figure(words="part of the mix that was offered", digits=4),
        "lines_shown_share": Figure(words="part of the lines that came to each viewer", digits=3),
        "chat_p50_ms": Figure(words="line sent to line seen, median, ms", digits=1),
        "chat_p99_ms": Figure(words="the same, 99th percentile, ms", digits=1),
        "cpu_share": Figure(words="processors used", digits=2),
        "rss_mb": Figure(words="memory in the end, MB"),
    },
    "connect": {
        "connects_per_cpu_s": Figure(words="connects per CPU-second", better="more"),
        "connects_per_s": Figure(words="connects a second", better="more"),
        "rss_kb_per_viewer": Figure(words="memory per idle connection, KB", better="less", digits=1),
        "rss_mb": Figure(words="memory of the process with all of them in, MB"),
    },
    "inbound": {
        "likes_per_cpu_s": Figure(words="likes taken in per CPU-second", better="more"),
        "chats_per_cpu_s": Figure(words="chat lines taken in per CPU-second", better="more"),
        "likes_ticks_per_s": Figure(
            words="frames to one who only watches, a second of likes (livehub: ticks)", digits=1
        ),
        "chats_ticks_per_s": Figure(words="the same of chat lines", digits=1),
    },
}

# What exactly happens. CPU is user and system time of the server's own process, without Valkey's and PostgreSQL's.
MEANINGS = {
    "fanout": """Viewers sit still, lone chat lines come, and each is one WebSocket message to each socket: no two lines share
one on any server, livehub sends each as a tick of one line.""",
    "mix": """100 chat lines and 2,000 likes a second come in, every like as a message of its own. An event is a chat line that
came to a viewer, or a like that the viewer was told of: by a message of its own, or in the total that livehub shows. livehub
shows every line here, none is sampled away. A server that cannot take all gets the same mix at a rate that takes half a
processor; `part of the mix` says which.""",
    "connect": """Until the join is acknowledged; with nchan until the WebSocket is open, which is all there is. Memory once all
sit still.""",
    "inbound": """Likes, then chat lines, from a few hundred sockets, not acknowledged. The others only count them; livehub does
all that it does in a show: moderation, ten ticks a second to those sockets, lines to PostgreSQL.""",
}


class Row(Struct, frozen=True, kw_only=True):
    """One figure of one server over all rounds."""

    scenario: str
    figure: str
    server: str
    rounds: list[float]
    median: float
    least: float
    most: float


class Ratio(Struct, frozen=True, kw_only=True):
    """How many times better livehub is than another server, by medians; below 1 it is worse."""

    scenario: str
    figure: str
    server: str
    times_better: float


# (scenario, server): figures of each round; none of one that does not count.
Measured = dict[tuple[str, str], list[dict[str, float]]]


class Pairs(Struct, frozen=True, kw_only=True):
    """A figure of ours over another's, round by round."""

    scenario: str
    figure: str
    ratio: PairedRatio


def pairs(measured: Measured, other: str) -> list[Pairs]:
    """Of every figure that both have, rounds in which both count."""
    found = []
    for (scenario, server), rounds in measured.items():
        if server != SUBJECT:
            continue
        both = list(zip(rounds, measured.get((scenario, other), []), strict=False))
        for figure in FIGURES[scenario]:
            values = [(a[figure], b[figure]) for a, b in both if a.get(figure, 0) > 0 and b.get(figure, 0) > 0]
            if values:
                ratio = paired_ratio([ours for ours, _ in values], [theirs for _, theirs in values])
                found.append(Pairs(scenario=scenario, figure=figure, ratio=ratio))
    return found


def rows(measured: Measured) -> list[Row]:
    """By scenario and figure, as FIGURES has them; servers as they come."""
    found = []
    for scenario, figures in FIGURES.items():
        for figure in figures:
            for (of, server), rounds in measured.items():
                values = [values[figure] for values in rounds if figure in values]
                if of == scenario and values:
                    found.append(
                        Row(
                            scenario=scenario,
                            figure=figure,
                            server=server,
                            rounds=values,
                            median=statistics.median(values),
                            least=min(values),
                            most=max(values),
                        )
                    )
    return found


def ratios(found: Iterable[Row]) -> list[Ratio]:
    """For every figure of which one side is better, where livehub was measured, too."""
    found = list(found)
    ours = {(row.scenario, row.figure): row.median for row in found if row.server == SUBJECT}
    compared = []
    for row in found:
        better, own = FIGURES[row.scenario][row.figure].better, ours.get((row.scenario, row.figure))
        if row.server == SUBJECT or not better or not own or not row.median:
            continue
        times = row.median / own if better == "less" else own / row.median
        compared.append(Ratio(scenario=row.scenario, figure=row.figure, server=row.server, times_better=times))
    return compared


def table(found: Iterable[Row], compared: Iterable[Ratio]) -> str:
    """For the terminal: a line per figure and server."""
    times = {(one.scenario, one.figure, one.server): one.times_better for one in compared}
    lines, scenario, figure = [], "", ""
    for row in found:
        if row.scenario != scenario:
            scenario = row.scenario
            lines += ["", f"{scenario}: {MEANINGS[scenario]}"]
        known = FIGURES[scenario][row.figure]
        if row.figure != figure:
            figure = row.figure
            lines.append(f"  {known.words}")
        median, least, most = (f"{value:,.{known.digits}f}" for value in (row.median, row.least, row.most))
        against = times.get((scenario, figure, row.server))
        words = "" if against is None else f"   livehub is {against:.2f} times as good"
        lines.append(f"    {row.server:<18} {median:>12}  ({least} - {most}){words}")
    return "\n".join(lines[1:])
