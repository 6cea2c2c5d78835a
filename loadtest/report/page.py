"""The report as one HTML page: verdict, main figures, charts over time, comparison, every figure with what it means.
Pure: no I/O, but for the style sheet and the script that lie beside this file and go into the page.
"""

import html
from collections.abc import Callable
from pathlib import Path

from loadtest.report.chart import Line, curve, number
from loadtest.results import FIGURES, Plan, Report, Run, Second, Series, rows

_HERE = Path(__file__).parent
COMPARED = (
    "bytes_per_viewer_s",
    "cpu_us_per_frame",
    "cpu_us_per_event",
    "chat_p99_ms",
    "control_p99_ms",
    "memory_kb_per_viewer",
    "connects_per_s",
    "events_per_s",
)


def page(series: Series) -> str:
    """The whole page; nothing in it is fetched from anywhere."""
    first = series.runs[0].report
    parts = [_head(series, first.plan), _verdict(series), _tiles(series)]
    if len(series.variants) > 1:
        parts.append(_comparison(series))
    parts += [_charts(series, variant) for variant in series.variants]
    parts += [_figures(series), _each_second(_typical(series, series.variants[0])), _footer()]
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>livehub load report</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<style>{style}</style></head><body><main>{''.join(parts)}</main><script>{script}</script></body></html>\n"
    )


def words(plan: Plan) -> str:
    """A plan as a sentence."""
    mix = f"{plan.chats_per_s:g} lines of chat, {plan.likes_per_s:,g} likes and {plan.controls_per_s * 2:g} control messages"
    workers = f"{plan.workers} worker process{'es' if plan.workers > 1 else ''}"
    parts = [f"{plan.viewers:,} viewers in one room", workers, f"for {plan.seconds:g} s {mix} a second"]
    if plan.kill_valkey:
        parts.append("Valkey killed in the middle, back after 5 s")
    if plan.cut:
        parts.append("in the end everybody cut off at once")
    return "; ".join(parts) + "."


def _typical(series: Series, variant: str) -> Run:
    """The run of a variant in the middle, by the 99th percentile of chat."""
    runs = sorted((run for run in series.runs if run.variant == variant), key=lambda run: run.report.chat_p99_ms)
    return runs[len(runs) // 2]


def _head(series: Series, plan: Plan) -> str:
    made = series.made.replace("T", " ").replace("+00:00", " UTC")
    on = " · ".join(
        html.escape(part) for part in (made, f"commit {series.commit}" if series.commit else "", series.machine) if part
    )
    title = "<h1>livehub <span>load report</span></h1>"
    return f'<header>{title}<p>{html.escape(words(plan))}</p><p class="quiet">{on}</p></header>'


def _verdict(series: Series) -> str:
    if series.sound:
        told = sum(run.report.controls for run in series.runs)
        return (
            '<section class="verdict good"><strong>Sound</strong><p>'
            f"No control message was missing, doubled or out of order: {told:,} deliveries checked during the show, and every"
            " viewer stood at the head of the control log in the end.</p></section>"
        )
    lines = []
    for run in series.runs:
        wrong = dict(run.report.faults)
        if run.report.viewers_behind:
            wrong["viewers behind in the end"] = run.report.viewers_behind
        lines += [
            f"<li>{html.escape(run.variant)}: {html.escape(name)}: {times:,}</li>" for name, times in wrong.items()
        ]
    return f'<section class="verdict bad"><strong>Not sound</strong><ul>{"".join(lines)}</ul></section>'


def _tiles(series: Series) -> str:
    variant = series.variants[0]
    of = series.medians(variant)
    tiles = [
        ("Chat, 99th percentile", number(of["chat_p99_ms"]), "ms", f"median {number(of['chat_p50_ms'])} ms"),
        ("Control, 99th percentile", number(of["control_p99_ms"]), "ms", f"median {number(of['control_p50_ms'])} ms"),
        ("Deliveries", number(of["events_per_s"]), "events/s", f"in {number(of['frames_per_s'])} frames/s"),
        (
            "Processor per frame",
            number(of["cpu_us_per_frame"]),
            "µs",
            f"{number(of['messages_per_cpu_s'])} messages per CPU-second",
        ),
        ("Memory per viewer", number(of["memory_kb_per_viewer"]), "KB", "growth of resident memory"),
        ("Joins", number(of["connects_per_s"]), "/s", f"{number(of['connects_per_cpu_s'])} per CPU-second"),
        ("To each viewer", number(of["bytes_per_viewer_s"] / 1000), "KB/s", "on the wire"),
    ]
    if of["reconnect_s"]:
        tiles.append(("All cut off and back", number(of["reconnect_s"]), "s", "with what they missed"))
    shown = [
        f"<li><h2>{name}</h2><p><b>{value}</b> {unit}</p><p class=quiet>{note}</p></li>"
        for name, value, unit, note in tiles
    ]
    runs = sum(run.variant == variant for run in series.runs)
    of_what = (
        f'<p class="quiet note">{html.escape(variant)}, medians of {runs} runs</p>' if len(series.runs) > 1 else ""
    )
    return f'<section>{of_what}<ul class="tiles">{"".join(shown)}</ul></section>'


def _comparison(series: Series) -> str:
    base, *others = (series.medians(variant) for variant in series.variants)
    heads = "".join(f'<th scope="col">{html.escape(variant)}</th>' for variant in series.variants)
    lines = []
    for name in COMPARED:
        cells = [f"<td>{number(base[name])}</td>"]
        for other in others:
            ratio = f"{other[name] / base[name]:.2f} x" if base[name] else ""
            cells.append(f"<td>{number(other[name])} <small>{ratio}</small></td>")
        lines.append(f'<tr><th scope="row">{name}<small>{html.escape(FIGURES[name])}</small></th>{"".join(cells)}</tr>')
    return (
        "<section><h2>Side by side</h2><p class=quiet>Medians of runs that took turns.</p>"
        f'<div class="wide"><table><thead><tr><td></td>{heads}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div></section>"
    )


def _charts(series: Series, variant: str) -> str:
    report = _typical(series, variant).report
    seconds = report.seconds
    at = [second.at_s for second in seconds]
    title = f"Over time: {html.escape(variant)}" if len(series.variants) > 1 else "Over time"

    def one(name: str, unit: str, *lines: Line, log: bool = False) -> str:
        return curve(name, unit, at, lines, report.phases, log=log)

    during = [_playing(report, second) for second in seconds]
    sent = [_per_viewer(s.bytes / 1e3, s) if playing else None for s, playing in zip(seconds, during, strict=True)]
    charts = [
        one("Chat latency", "ms, sent to seen", Line("99th percentile", [s.chat_p99_ms for s in seconds], 1),
            Line("median", [s.chat_p50_ms for s in seconds], 2), log=True),
        one("Control latency", "ms, made to seen", Line("99th percentile", [s.control_p99_ms for s in seconds], 1),
            Line("median", [s.control_p50_ms for s in seconds], 2), log=True),
        one("Events delivered", "a second", Line("events", [s.events for s in seconds], 1)),
        one("Frames delivered", "a second", Line("frames", [s.frames for s in seconds], 1)),
        one("Viewers in the room", "", Line("viewers", [s.viewers for s in seconds], 1)),
        one("Bytes to each viewer", "KB a second, during the show", Line("bytes", sent, 1)),
        *_own_charts(report, during, one),
    ]  # fmt: skip
    faults = [s.faults for s in seconds]
    if any(faults):
        charts.append(one("Faults", "a second", Line("faults", faults, 3)))
    else:
        charts.append(
            '<figure class="chart none"><figcaption><h3>Faults</h3></figcaption><p>None, in any second.</p></figure>'
        )
    return f'<section><h2>{title}</h2><div class="charts">{"".join(charts)}</div></section>'


def _own_charts(report: Report, during: list[bool], one: Callable[..., str]) -> list[str]:
    """Of the server's processes, when they are ours to look at."""
    seconds = report.seconds
    if not any(second.server_cpu_s for second in seconds):
        return []
    empty_mb = min(second.memory_mb for second in seconds if second.memory_mb)
    cpu_us = [
        s.server_cpu_s * 1e6 / s.frames if playing and s.frames else None
        for s, playing in zip(seconds, during, strict=True)
    ]
    grown_kb = [_per_viewer((s.memory_mb - empty_mb) * 1e3, s) if _full(report, s) else None for s in seconds]
    return [
        one("Processor per frame", "µs of the server, during the show", Line("µs", cpu_us, 1), log=True),
        one("Processors in use", "of this machine", Line("server", [s.server_cpu_s for s in seconds], 1),
            Line("crowd", [s.crowd_cpu_s for s in seconds], 4)),
        one("Memory per viewer", "KB above the empty server, room full", Line("KB", grown_kb, 1)),
    ]  # fmt: skip


def _per_viewer(amount: float, second: Second) -> float | None:
    return max(amount, 0.0) / second.viewers if second.viewers else None


def _playing(report: Report, second: Second) -> bool:
    """Whether all of that second was part of the show: what it cost was then not for joining."""
    return any(
        phase.name == "show" and phase.from_s < second.at_s - 1 and second.at_s < phase.to_s for phase in report.phases
    )


def _full(report: Report, second: Second) -> bool:
    """Whether nearly all were in the room."""
    return second.viewers > report.plan.viewers * 0.9


def _figures(series: Series) -> str:
    heads = (
        "".join(f'<th scope="col">{html.escape(v)}</th>' for v in series.variants)
        if len(series.variants) > 1
        else "<td></td>"
    )
    lines = []
    for name, *values, what in rows(series):
        cells = "".join(f"<td>{number(value)}</td>" for value in values)
        lines.append(f'<tr><th scope="row">{name}<small>{html.escape(what)}</small></th>{cells}</tr>')
    notices = [
        f"<li>{html.escape(run.variant)}: {html.escape(name)}: {times:,}</li>"
        for run in series.runs
        for name, times in sorted(run.report.notices.items())
    ]
    more = f"<h3>Also noticed</h3><ul>{''.join(notices)}</ul>" if notices else ""
    return (
        f'<section><h2>All figures</h2><div class="wide"><table><thead><tr><td></td>{heads}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>{more}</section>"
    )


def _each_second(run: Run) -> str:
    names = list(Second.__struct_fields__)
    heads = "".join(f'<th scope="col">{name}</th>' for name in names)
    lines = []
    for second in run.report.seconds:
        values = [getattr(second, name) for name in names]
        lines.append("<tr>" + "".join(f"<td>{'' if v is None else number(v)}</td>" for v in values) + "</tr>")
    return (
        f"<section><details><summary>Second by second</summary>"
        f'<div class="wide"><table class="dense"><thead><tr>{heads}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
        "</details></section>"
    )


def _footer() -> str:
    return (
        "<footer><p>Server, PostgreSQL, Valkey and crowd share one machine. Latencies come from the time that each message"
        " carries, right to 3 ms; percentiles are of histograms, right to 1.6 %. Processor time is what the system"
        " accounts to the server's Python processes.</p></footer>"
    )
