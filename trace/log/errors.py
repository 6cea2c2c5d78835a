"""Refusals of the transparency log: codes 6000 to 6019. Pure: no I/O."""

from livehub.base.errors import LivehubError


class EntryTooLarge(LivehubError):
    """An entry of the log has at most `bytes_max`, and this one `bytes`. What is larger goes in by its hash."""

    code, name, status, text = 6000, "entry_too_large", 413, "An entry of the log may not be so large."


class EntryUnreadable(LivehubError):
    """An entry of the log is JSON, and this is none that can be written in one way only. `reason`: what is wrong."""

    code, name, status, text = 6001, "entry_unreadable", 422, "This cannot be written into the log."
