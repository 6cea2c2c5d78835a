"""One viewer's place in the control log, and everything that can be wrong with what comes next. Pure: no I/O.

offset + 1            in order: the place moves on
more than that        the ones between are missing, until they come late
one of the missing    reordered (and no longer missing)
any other            doubled
another epoch         foreign: only a join may change the epoch
"""

MISSING_MAX = 1_000  # offsets remembered as missing; a viewer that has lost more has lost enough

Faults = dict[str, int]  # how often each fault is to be counted; negative takes back


class Place:
    """(`epoch`, `offset`) of the last control message that was taken; ("", 0) before the first join."""

    __slots__ = ("_missing", "epoch", "offset")

    def __init__(self) -> None:
        self.epoch = ""
        self.offset = 0
        self._missing: set[int] | None = None

    def take(self, epoch: str, offset: int) -> Faults | None:
        """A control message came; None when it is the one that was due."""
        if epoch == self.epoch and offset == self.offset + 1:
            self.offset = offset
            return None
        if epoch != self.epoch:
            return {"foreign epoch": 1}
        if offset > self.offset:
            lost = range(self.offset + 1, offset)
            self._missing = (self._missing or set()) | set(lost[:MISSING_MAX])
            self.offset = offset
            return {"missing": len(lost)}
        if self._missing and offset in self._missing:
            self._missing.discard(offset)
            return {"missing": -1, "reordered": 1}
        return {"doubled": 1}

    def join(self, epoch: str, offset: int, *, recovered: bool, missed: list[tuple[str, int]]) -> Faults | None:
        """A join was answered: `missed` has to lead from here to (`epoch`, `offset`), if there was a here."""
        if not self.epoch:
            self.epoch, self.offset = epoch, offset
            return None
        faults: Faults = {}
        if not recovered:
            faults["not recovered"] = 1
        else:
            for step in missed:
                for name, times in (self.take(*step) or {}).items():
                    faults[name] = faults.get(name, 0) + times
            if epoch != self.epoch:
                faults["foreign epoch"] = faults.get("foreign epoch", 0) + 1
            elif self.offset < offset:
                faults["missing"] = faults.get("missing", 0) + offset - self.offset
        self.epoch, self.offset = epoch, offset if epoch != self.epoch else max(offset, self.offset)
        return faults or None
