"""Which product was explained when, so that who watches a recording finds it. Pure: no I/O, no clock."""

from collections.abc import Iterable

from livehub.room.models import Card
from media.schemas import Chapter


def chapters_of(pins: Iterable[tuple[int, Card | None]], *, from_ts: int) -> list[Chapter]:
    """The chapters of a recording that begins at `from_ts` (Unix ms).

    `pins`: what was pinned (None: nothing any more) and when, in order; of those before `from_ts` the last one counts from
    there. What is pinned again without another in between goes on.
    """
    chapters: list[Chapter] = []
    for ts, card in pins:
        at_ts = max(ts, from_ts)
        if chapters and chapters[-1].at_ts == at_ts == from_ts:
            chapters.pop()  # gone, or followed by another, before there was a picture of it
        if card is not None and not (chapters and chapters[-1].card.id == card.id):
            chapters.append(Chapter(at_ts=at_ts, card=card))
    return chapters
