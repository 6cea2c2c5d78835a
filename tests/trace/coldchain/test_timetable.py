"""Which rule stood when: a product's own from its first version on, before that the one of all others."""

from trace.coldchain.rules import Rule
from trace.coldchain.timetable import NOTHING_SAID, RuleVersion, Timetable


def version(product: str, number: int, from_ms: int, silence_minutes: float = 30.0) -> RuleVersion:
    return RuleVersion(product=product, version=number, from_ms=from_ms, rule=Rule(silence_minutes=silence_minutes))


def test_the_rule_of_all_others_stands_until_a_product_has_its_own():
    others, own = [version("default", 1, 10), version("default", 2, 50)], [version("ice", 1, 30), version("ice", 2, 40)]
    stood = Timetable("ice", [*own, *others])
    assert [stood.at(at) for at in (10, 29, 30, 39, 40, 60)] == [others[0], others[0], *[own[0]] * 2, *[own[1]] * 2]
    assert stood.latest == own[1]
    assert Timetable("milk", others).at(60) == others[1]


def test_the_first_that_somebody_said_counts_for_all_before():
    assert Timetable("ice", [version("ice", 1, 30)]).at(0).version == 1
    assert Timetable("ice", []).at(0) == NOTHING_SAID


def test_changes_are_told_between_two_moments():
    stood = Timetable("ice", [version("ice", number, 10 * number, 30 - number) for number in (1, 2, 3)])
    assert stood.changes(10, 30) == [20]
    assert stood.changes(0, 31) == [20, 30]
    assert stood.silence_ms_min == 27 * 60_000
