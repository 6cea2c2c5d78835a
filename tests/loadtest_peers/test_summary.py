"""What rounds come to, how much of the mix a server is given, and which settings livehub is measured with."""

import re

import pytest

from loadtest.pairs import PairedRatio, paired_ratio
from loadtest.peers.nginx import config
from loadtest.peers.ours import FIXED_TICKS, SETTINGS, settings, settings_source
from loadtest.peers.peer import CHECKOUT
from loadtest.peers.rounds import MIX_S_MAX, SCENARIOS, SHARE_OF_CPU, reduced
from loadtest.peers.socketio_servers import NODE_FOLDER
from loadtest.peers.summary import FIGURES, MEANINGS, Measured, Ratio, Row, pairs, ratios, rows, table
from loadtest.talk import Talk

WHOLE = Talk(seconds=10.0, chats_per_s=100.0, likes_per_s=2_000.0, like_batch=1)


def _row(server: str, figure: str, median: float) -> Row:
    scenario = next(name for name, figures in FIGURES.items() if figure in figures)
    return Row(
        scenario=scenario, figure=figure, server=server, rounds=[median], median=median, least=median, most=median
    )


def test_a_figure_of_three_rounds_is_their_median_with_the_least_and_the_most() -> None:
    measured = {("connect", "livehub"): [{"connects_per_s": value} for value in (300.0, 100.0, 200.0)]}
    expected = Row(
        scenario="connect",
        figure="connects_per_s",
        server="livehub",
        rounds=[300.0, 100.0, 200.0],
        median=200.0,
        least=100.0,
        most=300.0,
    )
    assert rows(measured) == [expected]


def test_rows_stand_in_the_order_of_the_table() -> None:
    both = [{"likes_per_cpu_s": 1.0, "chats_per_cpu_s": 2.0}]
    measured: Measured = {("inbound", "node-socketio"): both, ("inbound", "livehub"): both, ("fanout", "livehub"): [{}]}
    assert [(row.figure, row.server) for row in rows(measured)] == [
        ("likes_per_cpu_s", "node-socketio"),
        ("likes_per_cpu_s", "livehub"),
        ("chats_per_cpu_s", "node-socketio"),
        ("chats_per_cpu_s", "livehub"),
    ]


def test_versions_are_compared_round_by_round_where_both_count() -> None:
    measured: Measured = {
        ("connect", "livehub"): [{"connects_per_s": value} for value in (2.0, 4.0, 30.0)],
        ("connect", "livehub-beside"): [{"connects_per_s": 1.0}, {}, {"connects_per_s": 10.0}],
    }
    (pair,) = pairs(measured, "livehub-beside")
    assert (pair.figure, pair.ratio) == ("connects_per_s", PairedRatio(median=2.5, low=2.0, high=3.0, pairs=2))
    assert pairs(measured, "node-socketio") == []


def test_the_interval_of_nine_pairs_leaves_the_least_and_the_most_out() -> None:
    ratio = paired_ratio([9, 2, 3, 4, 5, 6, 7, 8, 1], [1] * 9)
    assert ratio == PairedRatio(median=5, low=2, high=8, pairs=9)


def test_where_less_is_better_half_as_much_is_twice_as_good() -> None:
    found = [_row("livehub", "cpu_us_per_frame", 5.0), _row("nginx-nchan", "cpu_us_per_frame", 10.0)]
    expected = Ratio(scenario="fanout", figure="cpu_us_per_frame", server="nginx-nchan", times_better=2.0)
    assert ratios(found) == [expected]


def test_where_more_is_better_half_as_much_is_half_as_good() -> None:
    found = [_row("livehub", "connects_per_cpu_s", 5.0), _row("nginx-nchan", "connects_per_cpu_s", 10.0)]
    assert [one.times_better for one in ratios(found)] == [0.5]


def test_nothing_is_compared_without_livehub_nor_with_nothing() -> None:
    assert ratios([_row("nginx-nchan", "cpu_us_per_frame", 10.0)]) == []
    assert ratios([_row("livehub", "events_per_cpu_s", 5.0), _row("nginx-nchan", "events_per_cpu_s", 0.0)]) == []


def test_what_is_neither_better_nor_worse_is_not_compared() -> None:
    assert ratios([_row("livehub", "bytes_per_frame", 5.0), _row("nginx-nchan", "bytes_per_frame", 10.0)]) == []


def test_the_table_says_what_happens_and_how_livehub_compares() -> None:
    found = [_row("livehub", "cpu_us_per_frame", 5.0), _row("nginx-nchan", "cpu_us_per_frame", 12.5)]
    lines = table(found, ratios(found)).splitlines()
    assert lines[0].startswith("fanout: Viewers sit still")
    assert lines[-2].split() == ["livehub", "5.00", "(5.00", "-", "5.00)"]
    assert lines[-1].endswith("12.50  (12.50 - 12.50)   livehub is 2.50 times as good")


def test_every_scenario_says_what_it_means_and_has_figures() -> None:
    assert list(FIGURES) == list(MEANINGS) == list(SCENARIOS)


# --- how much of the mix ---


def test_a_server_that_can_take_it_gets_all_of_the_mix() -> None:
    assert reduced(WHOLE, cpu_s_per_event=SHARE_OF_CPU / 2_100, totals=False) is WHOLE


def test_livehub_gets_all_of_the_mix_whatever_a_line_costs_it() -> None:
    assert reduced(WHOLE, cpu_s_per_event=1.0, totals=True) is WHOLE


@pytest.mark.parametrize("cpu_s_per_event", [0.001, 0.0123, 0.05, 0.4])
def test_a_server_that_cannot_gets_whole_numbers_of_lines_and_their_likes_at_a_rate_it_can_take(
    cpu_s_per_event: float,
) -> None:
    part = reduced(WHOLE, cpu_s_per_event=cpu_s_per_event, totals=False)
    chats, likes = int(part.seconds * part.chats_per_s), int(part.seconds * part.likes_per_s)
    assert chats >= 1
    assert likes == chats * 20
    assert WHOLE.seconds <= part.seconds <= MIX_S_MAX
    assert (part.chats_per_s + part.likes_per_s) * cpu_s_per_event <= SHARE_OF_CPU * (1 + 1e-6)


def test_even_the_slowest_gets_one_line_within_the_longest_time() -> None:
    part = reduced(WHOLE, cpu_s_per_event=100.0, totals=False)
    assert part.seconds == MIX_S_MAX
    assert int(part.seconds * part.chats_per_s) == 1


# --- what is measured ---


def test_livehub_is_given_only_settings_that_it_knows() -> None:
    source = "class Config:\n    sockets_max: Annotated[int, x] = 1\n    other: Annotated[\n        int, y\n    ] = 2\n"
    assert settings(source) == {"LIVEHUB_SOCKETS_MAX": "20000"}


def test_each_setting_for_livehub_is_one_of_its_settings_today() -> None:
    assert len(settings(settings_source(CHECKOUT))) == len(SETTINGS)
    assert len(settings(settings_source(CHECKOUT), all_lines=False)) == len(SETTINGS) - 1 + len(FIXED_TICKS)


def test_the_lock_of_the_node_peer_names_no_registry() -> None:
    lock = (NODE_FOLDER / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') == lock.count('"node_modules/')


def test_nginx_has_one_worker_and_writes_no_log(tmp_path) -> None:
    text = config(tmp_path, 8080, None)
    assert "worker_processes 1;" in text
    assert "access_log off;" in text
    assert "load_module" not in text
    assert re.search(r"listen 127\.0\.0\.1:8080 ", text)
