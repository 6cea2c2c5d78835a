"""A curve for a page has few points, every low and high of the many, and its gaps."""

from trace.coldchain.curve import drawn, in_order
from trace.coldchain.readings import Reading

MINUTE_MS = 60_000


def curve(*celsius: float, start: int = 0) -> list[Reading]:
    return [Reading(at_ms=(start + n) * MINUTE_MS, celsius=each) for n, each in enumerate(celsius)]


def test_few_points_are_drawn_as_they_are():
    found = drawn(curve(4.0, 4.1, 4.2), gap_ms=30 * MINUTE_MS, points_max=100)
    assert [stretch.points for stretch in found.stretches] == [[(0, 4.0), (MINUTE_MS, 4.1), (2 * MINUTE_MS, 4.2)]]
    assert (found.faults, found.readings) == ([], 3)


def test_k10_a_gap_is_a_gap():
    found = drawn([*curve(4.0, 4.1), *curve(4.2, 4.3, start=42)], gap_ms=30 * MINUTE_MS, points_max=100)
    assert [len(stretch.points) for stretch in found.stretches] == [2, 2]
    close = drawn([*curve(4.0), *curve(4.1, start=30)], gap_ms=30 * MINUTE_MS, points_max=100)
    assert [len(stretch.points) for stretch in close.stretches] == [2]


def test_of_many_points_the_lowest_and_the_highest_stay():
    many = [4.0 + (n % 7) / 10 for n in range(10_000)]
    many[5_003], many[7_777] = 23.5, -3.0
    found = drawn(curve(*many), gap_ms=30 * MINUTE_MS, points_max=200)
    (stretch,) = found.stretches
    assert len(stretch.points) <= 200
    assert max(stretch.points, key=lambda point: point[1]) == (5_003 * MINUTE_MS, 23.5)
    assert min(stretch.points, key=lambda point: point[1]) == (7_777 * MINUTE_MS, -3.0)
    assert stretch.points[0][0] == 0
    assert stretch.points[-1][0] == 9_999 * MINUTE_MS
    assert stretch.points == sorted(stretch.points)
    assert found.readings == 10_000


def test_k1_what_is_no_temperature_is_shown_beside_the_line():
    bad = Reading(at_ms=MINUTE_MS // 2, celsius=85.0, fault="power_up")
    found = drawn(in_order([*curve(4.0, 4.1), bad]), gap_ms=30 * MINUTE_MS, points_max=100)
    assert found.faults == [(MINUTE_MS // 2, 85.0, "power_up")]
    assert [point[1] for point in found.stretches[0].points] == [4.0, 4.1]


def test_of_two_readings_of_one_moment_the_first_that_came_counts():
    assert [each.celsius for each in in_order([*curve(4.0), *curve(9.0)])] == [4.0]
