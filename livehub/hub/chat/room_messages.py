"""What is said about speaking in a room: slow mode, deleted lines, mutes and bans. Pure: no I/O, no clock.

Who is muted or banned is no business of viewers, so that part is not in the view.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
from msgspec import Raw, Struct, structs

from livehub.base.control import Bound, Bounds, ControlMessage, RoomPart
from livehub.base.limits import retry_after_ms
from livehub.hub.chat import errors
from livehub.room.models import ChatLine
from livehub.room.state import RoomState
from livehub.room.wire import Control

FOR_GOOD_TS = 253_402_300_799_000  # 9999-12-31: a restriction without an end


class SlowMode(Struct, frozen=True, kw_only=True):
    """Seconds between two lines of one person; 0 is off."""

    slow_mode_s: int = 0


class Restrictions(Struct, frozen=True, kw_only=True):
    """User id to the moment the restriction ends, Unix ms."""

    mutes: dict[str, int] = {}
    bans: dict[str, int] = {}


SLOW_MODE = RoomPart(SlowMode, bounds=(Bound(name="chat_chars_max", setting="chat_text_chars_max", default=200),))
RESTRICTIONS = RoomPart(
    Restrictions,
    is_public=False,
    bounds=(Bound(name="restrictions_max", setting="restrictions_max", default=2_000),),
)


class SlowModeSet(Struct, frozen=True, kw_only=True, tag_field="type", tag="slow_mode"):
    """A person may chat once in so many seconds; 0 is off."""

    seconds: int


class LineDeleted(Struct, frozen=True, kw_only=True, tag_field="type", tag="chat_delete"):
    """A line was taken away by a moderator; stop showing it."""

    STATES: ClassVar[tuple[str, str]] = ("shown", "deleted")

    line: str


class LineRestored(Struct, frozen=True, kw_only=True, tag_field="type", tag="chat_restore"):
    """A line that was taken away is shown again, where it was said; a moderator has thought better of it. Among `missed`
    messages it has an empty text and name when it was taken away again since."""

    STATES: ClassVar[tuple[str, str]] = ("deleted", "shown")

    line: ChatLine


class Muted(Struct, frozen=True, kw_only=True, tag_field="type", tag="mute"):
    """A person may not chat until `until_ts` (0: may again)."""

    user: str
    until_ts: int


class Banned(Struct, frozen=True, kw_only=True, tag_field="type", tag="ban"):
    """A person is out of the room until `until_ts` (0: may come again); their lines go."""

    user: str
    until_ts: int


# --- who may speak ---


def muted_for_ms(state: RoomState, user: str, now_ms: int) -> int:
    """How long `user` stays muted, 0 when not."""
    return max(0, state[RESTRICTIONS].mutes.get(user, 0) - now_ms)


def is_banned(state: RoomState, user: str, now_ms: int) -> bool:
    return state[RESTRICTIONS].bans.get(user, 0) > now_ms


def check_not_banned(state: RoomState, user: str, *, now_ms: int) -> None:
    """Raise Banned when `user` may not be in the room now."""
    if is_banned(state, user, now_ms):
        raise errors.Banned


def check_speaker(state: RoomState, user: str, *, now_ms: int) -> None:
    """Raise Banned or Muted when `user` may not speak now."""
    check_not_banned(state, user, now_ms=now_ms)
    muted_ms = muted_for_ms(state, user, now_ms)
    if muted_ms:
        raise errors.Muted(retry_after_ms=retry_after_ms(muted_ms / 1000))


def check_slow_mode(state: RoomState, last_spoke_ms: int | None, *, now_ms: int) -> None:
    """Raise SlowMode when the person spoke too recently for the room's slow mode."""
    slow_mode_s = state[SLOW_MODE].slow_mode_s
    if not slow_mode_s or last_spoke_ms is None:
        return
    wait_ms = last_spoke_ms + slow_mode_s * 1000 - now_ms
    if wait_ms > 0:
        raise errors.SlowMode(retry_after_ms=retry_after_ms(wait_ms / 1000))


# --- decisions ---


def muted(state: RoomState, user: str, seconds: int | None, *, now_ms: int, bounds: Bounds) -> Muted:
    """`user` may not chat for `seconds` (None: for good, 0: may again). Raises ModerationFull."""
    return Muted(user=user, until_ts=_until(state[RESTRICTIONS].mutes, user, seconds, now_ms=now_ms, bounds=bounds))


def banned(state: RoomState, user: str, seconds: int | None, *, now_ms: int, bounds: Bounds) -> Banned:
    """`user` is out of the room for `seconds` (None: for good, 0: may come again). Raises ModerationFull."""
    return Banned(user=user, until_ts=_until(state[RESTRICTIONS].bans, user, seconds, now_ms=now_ms, bounds=bounds))


def _until(entries: Mapping[str, int], user: str, seconds: int | None, *, now_ms: int, bounds: Bounds) -> int:
    if seconds == 0:
        return 0
    standing = [other for other, until in entries.items() if until > now_ms and other != user]
    if len(standing) >= bounds["restrictions_max"]:
        raise errors.ModerationFull
    return FOR_GOOD_TS if seconds is None else now_ms + seconds * 1000


# --- what is told again ---


def without_gone_texts(missed: list[Control]) -> list[Control]:
    """Messages for somebody who comes back, in their order: a line that was restored, and then was deleted again or went with a
    ban, is told without its text and the name; to who was not there the first time it would be news.
    """
    if not any(control.type == "chat_restore" for control in missed):
        return missed
    told: list[Control] = []
    lines: set[str] = set()
    users: set[str] = set()
    for control in reversed(missed):
        data = _moderation(control)
        match data:
            case LineDeleted():
                lines.add(data.line)
            case Banned() if data.until_ts:
                users.add(data.user)
            case LineRestored() if data.line.id in lines or data.line.user in users:
                blank = LineRestored(line=structs.replace(data.line, name="", text=""))
                control = structs.replace(control, data=Raw(msgspec.json.encode(blank)))  # noqa: PLW2901
            case _:
                pass
        told.append(control)
    told.reverse()
    return told


_moderation_decoder: msgspec.json.Decoder[LineDeleted | LineRestored | Banned] = msgspec.json.Decoder(
    LineDeleted | LineRestored | Banned
)


def _moderation(control: Control) -> LineDeleted | LineRestored | Banned | None:
    if control.type not in ("chat_delete", "chat_restore", "ban"):
        return None
    try:
        return _moderation_decoder.decode(control.data)
    except msgspec.DecodeError:
        return None  # what somebody wrote past the server


# --- reducers ---


def _slow_mode(_part: SlowMode, data: SlowModeSet, _ts: int, _bounds: Bounds) -> SlowMode:
    return SlowMode(slow_mode_s=data.seconds)


def _muted(part: Restrictions, data: Muted, ts: int, bounds: Bounds) -> Restrictions:
    return Restrictions(mutes=_restricted(part.mutes, data.user, data.until_ts, ts, bounds), bans=part.bans)


def _banned(part: Restrictions, data: Banned, ts: int, bounds: Bounds) -> Restrictions:
    return Restrictions(mutes=part.mutes, bans=_restricted(part.bans, data.user, data.until_ts, ts, bounds))


def _restricted(entries: Mapping[str, int], user: str, until_ts: int, ts: int, bounds: Bounds) -> dict[str, int]:
    kept = {other: until for other, until in entries.items() if until > ts and other != user}
    if until_ts > ts:
        kept[user] = until_ts
    while (
        len(kept) > bounds["restrictions_max"]
    ):  # the decision refuses before this; it stays as the bound of the state
        # By name among those that end together, because a state read from jsonb has its entries in another order.
        del kept[min(kept, key=lambda other: (kept[other], other))]
    return kept


CONTROL_MESSAGES: tuple[ControlMessage[Any, Any], ...] = (
    ControlMessage(SlowModeSet, SLOW_MODE, _slow_mode),
    ControlMessage(LineDeleted),
    ControlMessage(LineRestored),
    ControlMessage(Muted, RESTRICTIONS, _muted),
    ControlMessage(Banned, RESTRICTIONS, _banned),
)
