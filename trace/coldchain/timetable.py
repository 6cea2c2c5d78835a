"""Which rule stood when: versions of what a product bears, by the time from which each holds. Pure: no I/O, no clock.

A product's own rule stands from its first version on, before that the one of `default`. Where nobody had said anything yet, the
first that somebody said counts: what goods bear does not depend on when it was written down. Versions are never changed, so
what was judged once is judged alike whenever it is judged anew.
"""

from bisect import bisect_right
from collections.abc import Sequence

from msgspec import Struct

from trace.coldchain.events import Offer
from trace.coldchain.rules import MINUTE_MS, Rule

DEFAULT = "default"  # the product whose rule holds for all that have none


class RuleVersion(Struct, frozen=True, kw_only=True):
    """What a product bears from `from_ms` on, and what buyers are offered after a breach."""

    product: str
    version: int
    from_ms: int
    rule: Rule
    offer: Offer = Offer()


# No limits: sensors that fall silent are told of, and nothing else.
NOTHING_SAID = RuleVersion(product=DEFAULT, version=0, from_ms=0, rule=Rule())


class Timetable:
    """Of one product."""

    def __init__(self, product: str, versions: Sequence[RuleVersion]) -> None:
        """`versions`: those of `product` and of `default`, in any order."""
        ordered = sorted(versions, key=lambda each: (each.from_ms, each.version))
        own = [each for each in ordered if each.product == product]
        others = [each for each in ordered if each.product != product and (not own or each.from_ms < own[0].from_ms)]
        self._versions = [*others, *own] or [NOTHING_SAID]
        self._froms_ms = [each.from_ms for each in self._versions]
        self.silence_ms_min = min(int(each.rule.silence_minutes * MINUTE_MS) for each in self._versions)

    @property
    def latest(self) -> RuleVersion:
        """What stands now."""
        return self._versions[-1]

    def at(self, at_ms: int) -> RuleVersion:
        """What stood at a moment."""
        return self._versions[max(0, bisect_right(self._froms_ms, at_ms) - 1)]

    def changes(self, after_ms: int, until_ms: int) -> list[int]:
        """When the rule changed, after one moment and before another."""
        return [each for each in self._froms_ms[1:] if after_ms < each < until_ms]
