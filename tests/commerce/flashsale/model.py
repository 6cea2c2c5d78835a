"""The rules of the stock engine's kernel once more, as plainly as they can be said; kernel.py must answer as this does."""

from dataclasses import dataclass, field

from commerce.flashsale import kernel as k

Lines = list[tuple[int, int]]  # (resource, units)
Answer = tuple[int, int, int, int, int]  # code, hold, line, left, has


@dataclass
class Resource:
    units: int
    limits: tuple[int, int, int]
    opens_ms: int
    closes_ms: int
    holding: int = 0
    sold: int = 0


@dataclass
class Hold:
    who: tuple[int, int, int]
    asked: Lines
    has: dict[int, int]
    expires_ms: int
    state: int = k.HELD


@dataclass
class Model:
    resources: list[Resource]
    holds: list[Hold] = field(default_factory=list)
    keys: dict[int, int] = field(default_factory=dict)
    parent: dict[int, int] = field(default_factory=dict)

    def expire(self, now_ms: int) -> set[int]:
        over = {n for n, hold in enumerate(self.holds) if self._is_live(hold) and hold.expires_ms <= now_ms}
        for n in over:
            self._end(self.holds[n], k.EXPIRED)
        return over

    def reserve(
        self, who: tuple[int, int, int], key: int, lines: Lines, until_ms: int, now_ms: int, *, late: bool = False
    ) -> Answer:
        if key in self.keys:
            hold = self.holds[self.keys[key]]
            same = (hold.who[0], hold.asked) == (who[0], lines)
            return (k.SAME, self.keys[key], -1, 0, 0) if same else (k.KEY_REUSED, -1, -1, 0, 0)
        refusal = self._refusal(who, lines, until_ms, now_ms, late=late)
        if refusal is not None:
            return refusal
        for resource, units in lines:
            self.resources[resource].holding += units
        self.holds.append(Hold(who, lines, dict(lines), until_ms))
        if key >= 0:
            self.keys[key] = len(self.holds) - 1
        return (k.OK, len(self.holds) - 1, -1, 0, 0)

    def _refusal(
        self, who: tuple[int, int, int], lines: Lines, until_ms: int, now_ms: int, *, late: bool
    ) -> Answer | None:
        if not lines or until_ms <= now_ms:
            return (k.BAD, -1, -1, 0, 0)
        for n, (resource, units) in enumerate(lines):
            if units < 1 or resource in [other for other, _ in lines[:n]]:
                return (k.BAD, -1, n, 0, 0)
        for n, (resource, _) in enumerate(lines):
            opens_ms, closes_ms = self.resources[resource].opens_ms, self.resources[resource].closes_ms
            if now_ms < opens_ms or (now_ms >= closes_ms and not late):
                return (k.NOT_OPEN, -1, n, 0, 0)
        for n, (resource, units) in enumerate(lines):
            for limit, one in zip(self.resources[resource].limits, who, strict=True):
                if limit and one >= 0 and (has := self.has(resource, one)) + units > limit:
                    return (k.LIMIT, -1, n, limit, has)
        for n, (resource, units) in enumerate(lines):
            left = self.left(resource)
            if units > left:
                has = self.has(resource, who[0]) if self.resources[resource].limits[0] and who[0] >= 0 else 0
                return (k.SOLD_OUT, -1, n, left, has)
        return None

    def confirm(self, n: int, lines: Lines, now_ms: int) -> int:
        if not 0 <= n < len(self.holds):
            return k.NO_HOLD
        hold, wanted = self.holds[n], dict(lines)
        if hold.state == k.CONFIRMED:
            asked = {r: wanted.get(r, 0) for r in hold.has} if lines else dict(hold.asked)
            is_same = asked == hold.has and len(wanted) == len(lines) and wanted.keys() <= hold.has.keys()
            return k.SAME if is_same else k.OVER
        if not self._is_live(hold) or hold.expires_ms <= now_ms:
            return k.OVER
        known = all(resource in hold.has and 0 <= units <= hold.has[resource] for resource, units in lines)
        if not known or len(wanted) < len(lines) or (lines and not sum(wanted.values())):
            return k.BAD
        for resource, units in hold.has.items():
            hold.has[resource] = wanted.get(resource, 0) if lines else units
            self.resources[resource].holding -= units
            self.resources[resource].sold += hold.has[resource]
        hold.state = k.CONFIRMED
        return k.OK

    def release(self, n: int, now_ms: int, state: int) -> int:
        if not 0 <= n < len(self.holds):
            return k.NO_HOLD
        hold = self.holds[n]
        if hold.state == k.RELEASED:
            return k.SAME
        if hold.state != state or hold.expires_ms <= now_ms:
            return k.OVER
        self._end(hold, k.RELEASED)
        return k.OK

    def close(self, n: int, until_ms: int, now_ms: int) -> int:
        if not 0 <= n < len(self.holds):
            return k.NO_HOLD
        hold = self.holds[n]
        if not self._is_live(hold) or hold.expires_ms <= now_ms:
            return k.OVER
        if until_ms <= now_ms:
            return k.BAD
        if hold.state == k.CLOSING and until_ms <= hold.expires_ms:
            return k.SAME
        hold.state, hold.expires_ms = k.CLOSING, until_ms
        return k.OK

    def adjust(self, n: int, units: int) -> tuple[int, int]:
        resource = self.resources[n]
        if resource.units + units < resource.holding + resource.sold:
            return k.BELOW, resource.holding + resource.sold
        resource.units += units
        return k.OK, 0

    def alias(self, who: int, whom: int) -> int:
        if self.parent.get(who) == whom:
            return k.SAME
        if who in self.parent or self._root(whom) == who:
            return k.BAD
        if len(self.group(who) | self.group(whom)) > k.GROUP_MAX:
            return k.GROUP_FULL
        self.parent[who] = whom
        return k.OK

    def unalias(self, who: int) -> int:
        return k.OK if self.parent.pop(who, None) is not None else k.SAME

    def group(self, who: int) -> set[int]:
        people = {who, *self.parent, *self.parent.values()}
        return {one for one in people if self._root(one) == self._root(who)}

    def has(self, resource: int, who: int) -> int:
        """Units that a limit key and those who are counted together with it have, held and bought."""
        group, limits = self.group(who), self.resources[resource].limits
        kept = (hold for hold in self.holds if hold.state in (k.HELD, k.CLOSING, k.CONFIRMED))
        counted = ((hold, one) for hold in kept for one, limit in zip(hold.who, limits, strict=True) if limit)
        return sum(hold.has.get(resource, 0) for hold, one in counted if one in group)

    def left(self, resource: int) -> int:
        of = self.resources[resource]
        return of.units - of.holding - of.sold

    def _root(self, who: int) -> int:
        while who in self.parent:
            who = self.parent[who]
        return who

    @staticmethod
    def _is_live(hold: Hold) -> bool:
        return hold.state in (k.HELD, k.CLOSING)

    def _end(self, hold: Hold, state: int) -> None:
        for resource, units in hold.has.items():
            self.resources[resource].holding -= units
            hold.has[resource] = 0
        hold.state = state
