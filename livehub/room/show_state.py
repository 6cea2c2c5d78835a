"""The state of a show, as a table. Pure: no I/O, no clock.

scheduled --> live <--> paused        live, paused --> ended        ended --> scheduled, live (a room lives on)
"""

from msgspec import structs

from livehub.room.errors import ShowTransition
from livehub.room.models import Show, ShowStatus

NEXT: dict[ShowStatus, frozenset[ShowStatus]] = {
    "scheduled": frozenset({"live", "ended"}),
    "live": frozenset({"paused", "ended"}),
    "paused": frozenset({"live", "ended"}),
    "ended": frozenset({"scheduled", "live"}),
}


def change(show: Show, status: ShowStatus, *, now_ms: int) -> Show:
    """The show in its new state. Raises ShowTransition when the table does not allow it; the same state is no change."""
    if status not in NEXT[show.status]:
        raise ShowTransition(f"The show is {show.status}; it cannot become {status}.")
    resumed = show.status == "paused"
    live_ts = now_ms if status == "live" and not resumed else show.live_ts
    if status == "scheduled":
        live_ts = None
    return structs.replace(show, status=status, since_ts=now_ms, live_ts=live_ts)
