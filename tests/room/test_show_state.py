"""Each of the 16 pairs of show states is allowed or refused as the table says, and `live_ts` is when this show began."""

import pytest

from livehub.room.errors import ShowTransition
from livehub.room.models import Show, ShowStatus
from livehub.room.show_state import change

STATUSES: tuple[ShowStatus, ...] = ("scheduled", "live", "paused", "ended")
BEGAN_MS, NOW_MS = 1_000, 5_000

# from: {to: live_ts afterwards}; a pair that is not here is refused. Written out, not taken from show.NEXT.
ALLOWED: dict[ShowStatus, dict[ShowStatus, int | None]] = {
    "scheduled": {"live": NOW_MS, "ended": BEGAN_MS},
    "live": {"paused": BEGAN_MS, "ended": BEGAN_MS},
    "paused": {"live": BEGAN_MS, "ended": BEGAN_MS},
    "ended": {"scheduled": None, "live": NOW_MS},
}


@pytest.mark.parametrize("there", STATUSES)
@pytest.mark.parametrize("here", STATUSES)
def test_each_pair_of_states(here: ShowStatus, there: ShowStatus) -> None:
    show = Show(status=here, since_ts=2_000, live_ts=BEGAN_MS, starts_ts=900)
    if there in ALLOWED[here]:
        expected = Show(status=there, since_ts=NOW_MS, live_ts=ALLOWED[here][there], starts_ts=900)
        assert change(show, there, now_ms=NOW_MS) == expected
    else:
        with pytest.raises(ShowTransition, match=f"The show is {here}; it cannot become {there}."):
            change(show, there, now_ms=NOW_MS)
    assert show == Show(status=here, since_ts=2_000, live_ts=BEGAN_MS, starts_ts=900)


def test_a_pause_does_not_begin_the_show_anew() -> None:
    show = Show()
    for ts, status in enumerate(("live", "paused", "live", "paused", "ended"), start=1):
        show = change(show, status, now_ms=ts)  # type: ignore[arg-type]  # they are of ShowStatus
    assert show == Show(status="ended", since_ts=5, live_ts=1)
    assert change(show, "live", now_ms=9) == Show(status="live", since_ts=9, live_ts=9)
