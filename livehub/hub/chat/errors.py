"""Refusals of chat and its moderation: codes 2010 to 2019. Pure: no I/O."""

from livehub.base.errors import LivehubError


class Muted(LivehubError):
    """A moderator muted this person; `retry_after_ms` says for how long."""

    code, name, status, text = 2010, "muted", 403, "You are muted in this room."


class Banned(LivehubError):
    """A moderator banned this person from the room."""

    code, name, status, text = 2011, "banned", 403, "You are banned from this room."


class SlowMode(LivehubError):
    """The room is in slow mode. Wait `retry_after_ms`."""

    code, name, status, retryable, text = 2013, "slow_mode", 429, True, "Slow mode is on. Wait a little."


class LineNotFound(LivehubError):
    """No such chat line in this room."""

    code, name, status, text = 2016, "line_not_found", 404, "There is no such line."


class UndoOver(LivehubError):
    """The line was deleted too long ago to be restored (LIVEHUB_CHAT_UNDO_S)."""

    code, name, status, text = 2018, "undo_over", 409, "It is too late to restore this line."


class ModerationFull(LivehubError):
    """The room's list of mutes or bans has reached its bound. Lift one first."""

    code, name, status, text = 2017, "moderation_full", 409, "The moderation list of this room is full."
