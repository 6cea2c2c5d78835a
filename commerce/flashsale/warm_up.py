"""Compiles the kernel, or loads what is compiled, by using it once. Pure: no I/O of ours.

python -m commerce.flashsale.warm_up      part of set-up, so that a first start need not wait for it
"""

from commerce.flashsale.book import Book
from commerce.flashsale.requests import Release, Reserve, Resource, Units
from commerce.flashsale.rows import grouped


def warm_up() -> None:
    """Some seconds when numba's cache has nothing; else a fraction of one."""
    before = Book(lambda: "hold")
    before.put(Resource(id="resource", units=2, limits=(1, 1, 1)))
    batch = before.decide([Reserve("person", "key", (Units("resource", 1),), 1_000)], 0)
    after = Book(lambda: "other")
    after.put(Resource(id="resource", units=2, limits=(1, 1, 1)))
    after.restore_holds(grouped(batch.changes.holds))
    after.restore([], batch.changes.resources.values())
    after.decide([Release("hold")], 1)


if __name__ == "__main__":
    warm_up()
