"""The anchors that settings name. What each needs is imported here, when it is on, and nowhere else."""

import sys

from trace.anchor.protocol import Anchor
from trace.anchor.settings import AnchorConfig


def opened(kind: str, config: AnchorConfig) -> Anchor:
    """Takes seconds, for imports. Raises ConfigError."""
    if kind == "evm":
        if (
            sys.modules.get("requests", sys) is None
        ):  # a process that loads little has it left out (livehub/__main__.py)
            del sys.modules["requests"]
        calls_max = sys.getrecursionlimit()
        from trace.anchor.evm import EvmAnchor  # noqa: PLC0415

        # py_ecc, which web3 brings, allows 100,000 nested calls. There a JSON body of as many brackets overruns the stack of C
        # and ends the process, where it has to be refused.
        sys.setrecursionlimit(calls_max)
        return EvmAnchor(config)
    if kind == "rfc3161":
        from trace.anchor.time_stamps import TimeStampAnchor  # noqa: PLC0415

        return TimeStampAnchor(config)
    if kind == "opentimestamps":
        from trace.anchor.open_timestamps import OpenTimestampsAnchor  # noqa: PLC0415

        return OpenTimestampsAnchor(config)
    from trace.anchor.folder import FolderAnchor  # noqa: PLC0415

    return FolderAnchor(config)
