"""Settings of chat and its moderation."""

from typing import Annotated, ClassVar

from livehub.base.config import Config, described


class ChatConfig(Config, frozen=True, kw_only=True):
    """What chat reads."""

    in_order: ClassVar = (("chat_log_batch_max", "chat_log_pending_max"),)

    chat_text_chars_max: Annotated[int, described("characters of a chat line", ge=1, le=2_000)] = 200
    chat_per_s_max: Annotated[float, described("chat lines a second of one person", gt=0, le=1_000_000)] = 1.0
    chat_burst_max: Annotated[int, described("chat lines at once of one person", ge=1)] = 5
    chats_kept_s: Annotated[
        int, described("how long chat, and what moderators decided of it, is kept", ge=86_400, le=3_153_600_000)
    ] = 7_776_000
    chat_log_pending_max: Annotated[int, described("chat lines that wait to be stored", ge=1, le=1_000_000)] = 20_000
    chat_log_batch_max: Annotated[int, described("chat lines stored by one statement", ge=1, le=100_000)] = 5_000
    chat_log_interval_s: Annotated[float, described("pause between stores of chat lines", gt=0, le=60)] = 0.5
    report_per_s_max: Annotated[float, described("reports a second of one person", gt=0, le=1_000_000)] = 0.2
    report_burst_max: Annotated[int, described("reports at once of one person", ge=1)] = 5
    reports_min: Annotated[
        int,
        described("people who report a line, since the last decision about it, before it waits for a moderator", ge=1),
    ] = 1
    report_rounds_max: Annotated[
        int, described("times that one person's report of one line counts, once after each decision about it", ge=1)
    ] = 3
    chat_undo_s: Annotated[int, described("how long a moderator can restore a line they deleted", ge=1, le=3_600)] = 30
    restrictions_max: Annotated[int, described("people muted or banned in a room at a time", ge=1, le=100_000)] = 2_000
