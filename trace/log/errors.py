"""Refusals of the transparency log: codes 6000 to 6019. Pure: no I/O."""

from livehub.base.errors import LivehubError


class EntryTooLarge(LivehubError):
    """An entry of the log has at most `bytes_max`, and this one `bytes`. What is larger goes in by its hash."""

    code, name, status, text = 6000, "entry_too_large", 413, "An entry of the log may not be so large."


class EntryUnreadable(LivehubError):
    """An entry of the log is JSON, and this is none that can be written in one way only. `reason`: what is wrong."""

    code, name, status, text = 6001, "entry_unreadable", 422, "This cannot be written into the log."


class LogOff(LivehubError):
    """No log is published here, or none yet."""

    code, name, status, text = 6002, "log_off", 404, "No log is published here yet."


class NoSuchTile(LivehubError):
    """The published tree has no such tile. What is `000` in a path is never written `x000`, a level has no leading zero, and a
    partial tile is 1 to 255 wide.
    """

    code, name, status, text = 6003, "no_such_tile", 404, "The log has no such tile."


class NoSuchLeaf(LivehubError):
    """The published tree has no such entry, or not yet."""

    code, name, status, text = 6004, "no_such_leaf", 404, "The log has no such entry, or not yet."
