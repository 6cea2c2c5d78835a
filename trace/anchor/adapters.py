"""The anchors that settings name. What each needs is imported here, when it is on, and nowhere else."""

from trace.anchor.protocol import Anchor
from trace.anchor.settings import AnchorConfig


def opened(kind: str, config: AnchorConfig) -> Anchor:
    """Takes seconds, for imports. Raises ConfigError."""
    if kind == "evm":
        from trace.anchor.evm import EvmAnchor  # noqa: PLC0415

        return EvmAnchor(config)
    if kind == "rfc3161":
        from trace.anchor.time_stamps import TimeStampAnchor  # noqa: PLC0415

        return TimeStampAnchor(config)
    if kind == "opentimestamps":
        from trace.anchor.open_timestamps import OpenTimestampsAnchor  # noqa: PLC0415

        return OpenTimestampsAnchor(config)
    from trace.anchor.folder import FolderAnchor  # noqa: PLC0415

    return FolderAnchor(config)
