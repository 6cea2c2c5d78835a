"""The page says what was measured, what was wrong, and needs nothing from outside; its charts are drawn to scale."""

import html
import json
import re
from html.parser import HTMLParser

import msgspec
import pytest

from loadtest.command import table
from loadtest.hearing import Figures
from loadtest.report.chart import Line, curve, number, scale
from loadtest.report.page import page, words
from loadtest.results import FIGURES, Measured, Phase, Plan, Run, Series, report_of, rows, second_of

VOID = {"meta", "path", "rect", "br"}


class Balance(HTMLParser):
    """Every element that is opened is closed, in order; what words there are."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.references += [value for name, value in attrs if name in ("src", "href", "action")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)


def read(text: str) -> Balance:
    balance = Balance()
    balance.feed(text)
    balance.close()
    assert balance.open == []
    return balance


def heard(**fields: object) -> Figures:
    figures = Figures(present=10, frames=100, lines=40, controls=20, likes=140, bytes=50_000, cpu_s=0.5)
    figures.chat.add(30.0, 40)
    figures.control.add(5.0, 20)
    return msgspec.structs.replace(figures, **fields)


def run(variant: str = "show", *, faults: dict[str, int] | None = None, chat_ms: float = 30.0, behind: int = 0) -> Run:
    figures = heard()
    figures.chat.add(chat_ms, 400)
    measured = Measured(
        connect_s=2.0, connect_cpu_s=0.5, grown_bytes=10 * 20_480, show_s=4.0,
        cpu_s={"server": 0.2, "postgresql": 0.1}, reconnect_s=1.5, heard=figures, faults=faults or {},
        notices={"HTTP <503>": 2}, said=(8, 14, 1), controls_sent=6, behind=behind,
    )  # fmt: skip
    seconds = [second_of(at, heard() if at != 2 else Figures(present=10), 0.05, 100.0 + at) for at in range(5)]
    phases = [Phase(name="joining", from_s=0, to_s=1), Phase(name="show", from_s=1, to_s=4)]
    return Run(variant=variant, report=report_of(Plan(viewers=10), measured, phases, seconds))


def series(*runs: Run) -> Series:
    return Series(made="2026-01-02T03:04:05+00:00", machine="2 <processors>", commit="abc1234", runs=list(runs))


def test_figures_are_what_was_measured():
    report = run().report
    assert (report.connects_per_s, report.connects_per_cpu_s, report.memory_kb_per_viewer) == (5.0, 20.0, 20.0)
    assert (report.events, report.events_per_s, report.frames_per_s) == (200, 50.0, 25.0)
    assert (report.cpu_us_per_frame, report.cpu_us_per_event, report.events_per_cpu_s) == (2_000.0, 1_000.0, 1_000)
    assert report.messages_per_cpu_s == 300
    assert report.bytes_per_viewer_s == 1_250.0
    assert (report.chats_sent, report.likes_sent, report.unsaid, report.controls_sent) == (8, 14, 1, 6)
    assert (report.cpu_s, report.postgresql_cpu_s, report.valkey_cpu_s) == (0.2, 0.1, 0.0)


def test_a_run_is_sound_without_faults_and_with_everybody_at_the_head():
    assert run().report.sound
    assert not run(faults={"missing": 1}).report.sound
    assert not run(behind=1).report.sound


def test_medians_are_of_the_runs_of_one_variant():
    played = series(*(run("a", chat_ms=ms) for ms in (10.0, 90.0, 50.0)), run("b", chat_ms=500.0))
    assert played.variants == ["a", "b"]
    assert 49 < played.medians("a")["chat_p99_ms"] < 51
    assert [name for name, *_ in rows(played)] == list(FIGURES)
    assert all(len(row) == 4 for row in rows(played))


def test_the_page_is_whole_and_fetches_nothing():
    text = page(series(run()))
    balance = read(text)
    assert balance.references == []
    assert "url(" not in text
    assert "2 <processors>" in " ".join(balance.words)
    for name in FIGURES:
        assert name in balance.words


def test_the_page_says_that_all_was_sound_or_what_was_not():
    good, bad = read(page(series(run()))).words, read(page(series(run(faults={"missing": 3}, behind=2)))).words
    assert "Sound" in good
    assert "Not sound" not in good
    assert {"Not sound", "show: missing: 3", "show: viewers behind in the end: 2"} <= set(bad)
    assert "show: HTTP <503>: 2" in good


def test_variants_stand_side_by_side():
    text = page(series(run("off", chat_ms=40.0), run("on", chat_ms=80.0)))
    said = read(text).words
    assert {"Side by side", "off", "on", "Over time: off", "Over time: on"} <= set(said)
    assert "2.00 x" in said


def test_a_server_that_is_not_ours_has_no_charts_of_its_processes():
    one = run()
    bare = [msgspec.structs.replace(second, server_cpu_s=0.0, memory_mb=0.0) for second in one.report.seconds]
    text = page(series(Run(variant="show", report=msgspec.structs.replace(one.report, seconds=bare))))
    assert "Memory per viewer" in text
    assert "KB above the empty server" not in text


def test_the_plan_is_told_in_words():
    said = words(Plan(viewers=30_000, workers=2, likes_per_s=5_000, kill_valkey=True, cut=False))
    assert said == (
        "30,000 viewers in one room; 2 worker processes; for 15 s 20 lines of chat, 5,000 likes and 2 control messages"
        " a second; Valkey killed in the middle, back after 5 s."
    )


def test_the_terminal_gets_every_figure_and_every_fault():
    text = table(series(run(faults={"doubled": 4})))
    assert all(name in text for name in FIGURES)
    assert "doubled" in text


def points(chart: str) -> list[list[tuple[float, float]]]:
    paths = re.findall(r'class="line c\d" d="([^"]*)"', chart)
    return [[(float(x), float(y)) for x, y in re.findall(r"L([\d.]+) ([\d.]+)", path)] for path in paths]


def test_a_line_is_drawn_to_scale():
    chart = curve("T", "ms", [0, 5, 10], [Line("a", [0.0, 50.0, 100.0], 1)], [])
    assert points(chart) == [[(0, 1000), (500, 500), (1000, 0)]]


def test_where_nothing_was_there_is_a_gap():
    chart = curve("T", "ms", [0, 1, 2], [Line("a", [1.0, None, 1.0], 1)], [])
    assert chart.count("M0.0 ") + chart.count("M1000.0 ") == 2
    [values] = re.findall(r'data-values="([^"]*)"', chart)
    data = json.loads(html.unescape(values))
    assert data["lines"] == [["a", 1, [1.0, None, 1.0]]]


def test_a_chart_of_nothing_is_nothing():
    assert curve("T", "ms", [0, 1], [Line("a", [None, None], 1)], []) == ""
    assert curve("T", "ms", [], [Line("a", [], 1)], []) == ""


@pytest.mark.parametrize("greatest", [0.003, 0.9, 1, 7, 99, 101, 12_345, 3e7])
def test_an_axis_reaches_its_values_in_few_round_steps(greatest):
    axis = scale([greatest / 3, greatest], logarithmic=True)
    assert axis.low == 0
    assert axis.high >= greatest * (1 - 1e-9)
    assert 2 <= len(axis.marks) <= 6


def test_values_far_apart_get_a_logarithmic_axis_if_they_may():
    assert scale([1.0, 5_000.0], logarithmic=True).marks == [1, 10, 100, 1_000, 10_000]
    assert not scale([1.0, 5_000.0], logarithmic=False).logarithmic
    assert scale([2.0, 2_000.0], logarithmic=True).place(100.0) == pytest.approx(2 / 3 * 0.75)


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (0.123, "0.12"), (12.34, "12.3"), (1234.5, "1,234"), (250_000, "250 k"), (2_500_000, "2.5 M"), (3, "3")],
)
def test_numbers_are_written_for_people(value, said):
    assert number(value) == said
