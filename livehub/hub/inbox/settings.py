"""Settings of direct messages."""

from typing import Annotated

from livehub.base.config import Config, described


class InboxConfig(Config, frozen=True, kw_only=True):
    """What the inbox reads."""

    inbox_channels_max: Annotated[
        int,
        described("bus channels that direct messages are spread over, by person; the same everywhere", ge=1, le=65_536),
    ] = 4_096
    directs_unread_max: Annotated[int, described("unread direct messages sent at a connection", ge=1, le=10_000)] = 100
    directs_kept_s: Annotated[
        int, described("how long a direct message is kept after it was read", ge=7_200, le=3_153_600_000)
    ] = 2_592_000
