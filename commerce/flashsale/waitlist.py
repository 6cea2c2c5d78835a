"""Who stands in line for what is sold out. Pure: no I/O, no clock.

Those who want the same stand together, so that it costs the same to find the next one however long the line is.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable

from commerce.flashsale.requests import Units, Wait
from commerce.flashsale.rows import WaitRow


class Line:
    """The line for one resource; a person stands in it once."""

    def __init__(self) -> None:
        self._rows: dict[str, WaitRow] = {}
        self._wants: dict[tuple[Units, ...], dict[str, WaitRow]] = {}
        self._places: list[int] = []  # of all, in their order

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, person: str) -> bool:
        return person in self._rows

    def add(self, row: WaitRow) -> None:
        """Behind all others: nobody before has a greater place."""
        self._rows[row.wait.person] = row
        self._wants.setdefault(row.wait.lines, {})[row.wait.person] = row
        self._places.append(row.place)

    def remove(self, person: str) -> WaitRow:
        row = self._rows.pop(person)
        alike = self._wants[row.wait.lines]
        del alike[person]
        if not alike:
            del self._wants[row.wait.lines]
        del self._places[bisect_left(self._places, row.place)]
        return row

    def place(self, person: str) -> int:
        """From 1 on."""
        return 1 + bisect_left(self._places, self._rows[person].place)

    def people(self) -> list[str]:
        return list(self._rows)

    def resources(self) -> Iterable[str]:
        """Whatever somebody here waits for."""
        return {line.resource for lines in self._wants for line in lines}

    def first_sufficed(self, free: Callable[[str], int]) -> Wait | None:
        """The first for whom there is enough of all that they wait for. `free`: units of a resource."""
        first: WaitRow | None = None
        for lines, alike in self._wants.items():
            if all(line.units <= free(line.resource) for line in lines):
                row = next(iter(alike.values()))
                if first is None or row.place < first.place:
                    first = row
        return None if first is None else first.wait
