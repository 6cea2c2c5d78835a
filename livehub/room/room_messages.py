"""What is said about the room itself: its title, host, poster and notice, and the state of its show. Pure: no I/O, no clock.

A decision looks at the state as it is under the room's row lock and returns what to write next, or refuses.
"""

from msgspec import UNSET, Struct, UnsetType, structs

from livehub.base.control import Bounds, ControlMessage, RoomPart
from livehub.room import show_state
from livehub.room.errors import ShowBegun, StartInPast
from livehub.room.models import Host, InLanguages, Show, ShowStatus
from livehub.room.state import RoomState


class Details(Struct, frozen=True, kw_only=True):
    """The room's part of its own. `titles`, `notices`: title and notice by language, where somebody gave them."""

    title: str = ""
    host: Host = Host(name="")
    poster: str | None = None
    notice: str = ""
    show: Show = Show()
    titles: InLanguages | UnsetType = UNSET
    notices: InLanguages | UnsetType = UNSET


DETAILS = RoomPart(Details)


class ShowChanged(Struct, frozen=True, kw_only=True, tag_field="type", tag="show"):
    """The show started, paused, went on or ended, or another start was announced."""

    show: Show


class RoomEdited(Struct, frozen=True, kw_only=True, tag_field="type", tag="room"):
    """Title, host, poster or notice changed."""

    title: str
    host: Host
    poster: str | None = None
    notice: str = ""
    titles: InLanguages | UnsetType = UNSET
    notices: InLanguages | UnsetType = UNSET


def show_changed(state: RoomState, status: ShowStatus, *, now_ms: int) -> ShowChanged:
    """The show goes to `status`. Raises ShowTransition."""
    return ShowChanged(show=show_state.change(state[DETAILS].show, status, now_ms=now_ms))


def start_announced(state: RoomState, starts_ts: int | None, *, now_ms: int) -> ShowChanged:
    """The show is to begin at `starts_ts` (Unix ms), or nobody knows when. Raises ShowBegun, StartInPast."""
    show = state[DETAILS].show
    if show.status in ("live", "paused"):
        raise ShowBegun
    if starts_ts is not None and starts_ts <= now_ms:
        raise StartInPast
    return ShowChanged(show=structs.replace(show, starts_ts=starts_ts))


def edited(
    state: RoomState,
    *,
    title: str | None,
    host: Host | None,
    poster: str | None,
    notice: str | None,
    titles: InLanguages | UnsetType | None = UNSET,
    notices: InLanguages | UnsetType | None = UNSET,
) -> RoomEdited:
    """The room's own data change; None leaves a field as it is. An empty poster is none.

    UNSET leaves the words by language, unless the plain ones become others, of which they would be no translation any more;
    None takes them away.
    """
    now = state[DETAILS]
    return RoomEdited(
        title=now.title if title is None else title,
        host=now.host if host is None else host,
        poster=now.poster if poster is None else poster or None,
        notice=now.notice if notice is None else notice,
        titles=_in_languages(titles, now.titles, is_same=title in (None, now.title)),
        notices=_in_languages(notices, now.notices, is_same=notice in (None, now.notice)),
    )


def _in_languages(
    given: InLanguages | UnsetType | None, now: InLanguages | UnsetType, *, is_same: bool
) -> InLanguages | UnsetType:
    if given is UNSET:
        return now if is_same else UNSET
    return given or UNSET


def _changed(part: Details, data: ShowChanged, _ts: int, _bounds: Bounds) -> Details:
    return structs.replace(part, show=data.show)


def _edited(part: Details, data: RoomEdited, _ts: int, _bounds: Bounds) -> Details:
    return Details(
        title=data.title,
        host=data.host,
        poster=data.poster,
        notice=data.notice,
        show=part.show,
        titles=data.titles,
        notices=data.notices,
    )


CONTROL_MESSAGES = (
    ControlMessage(ShowChanged, DETAILS, _changed),
    ControlMessage(RoomEdited, DETAILS, _edited),
)
