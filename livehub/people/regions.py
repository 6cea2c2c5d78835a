"""The division codes of GB/T 2260 that addresses may name: counties and districts, and cities that have none.

regions.txt is made from the list that the pages choose from, by `node web/regions.mjs`, so that both know the same ones.
"""

from functools import cache
from pathlib import Path


@cache
def regions() -> frozenset[str]:
    """Every code, six digits each. A line of the file: the four digits of a city, and the last two of what it is divided
    into.
    """
    lines = (Path(__file__).parent / "regions.txt").read_text(encoding="ascii").split("\n")
    return frozenset(
        city + county for line in lines if line and line[0] != "#" for city, *rest in [line.split()] for county in rest
    )
