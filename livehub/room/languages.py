"""Which language of the pages a reader would rather have (RFC 9110, section 12.5.4). Pure: no I/O."""

from typing import get_args

from livehub.room.models import Language

DEFAULT: Language = "zh"
RANGES_MAX = 20  # browsers send a handful


def preferred(accept_language: str) -> Language:
    """The language of the pages with the highest weight in an Accept-Language header; of equals the first.

    Languages that the pages do not have, and what is no range at all, are passed over; when nothing is left it is DEFAULT, as
    in the pages (web/src/shared/i18n.ts).
    """
    best: Language | None = None
    best_weight = 0.0
    for given in accept_language.split(",")[:RANGES_MAX]:
        tag, _, parameter = given.partition(";")
        language = tag.strip().partition("-")[0].lower()
        weight = _weight(parameter)
        for known in get_args(Language):
            if known == language and weight > best_weight:
                best, best_weight = known, weight
    return best or DEFAULT


def _weight(parameter: str) -> float:
    """`q=0.5`; 1 where none is given, 0 where it is none that the RFC knows."""
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if name.strip().lower() == "q" and 0 <= weight <= 1 else 0.0
