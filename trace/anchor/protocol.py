"""What an anchor is: somewhere outside that keeps checkpoints, and says since when.

An adapter asks; what follows from the answers is decided in states.py. Every call is bounded by `anchor_timeout_s`, and what an
anchor does that it should not is AnchorAway: it is asked again after a pause, and the log goes on.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

from trace.anchor.states import Anchoring, Attempt, Policy, Seen, Step

Kind = Literal["evm", "rfc3161", "opentimestamps", "folder"]


class AnchorAway(Exception):
    """It does not answer, or not as it should. `kind`: a word for the metric; `retry_after_s`: what it asks for itself."""

    def __init__(self, kind: str, reason: str, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.retry_after_s = retry_after_s


class WrongChain(AnchorAway):
    """The node is of another chain than was configured."""

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(
            "wrong_chain", f"the node is of chain {found}, and LIVEHUB_ANCHOR_EVM_CHAIN_ID says {expected}"
        )


class Anchor(Protocol):
    """`name`: unique, and of the target, not of the kind: what is configured anew for another chain is another anchor. `chain`:
    by CAIP-2, empty where there is none. `is_development`: it proves nothing to anybody.
    """

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> Kind: ...

    @property
    def chain(self) -> str: ...

    @property
    def is_development(self) -> bool: ...

    @property
    def policy(self) -> Policy: ...

    async def prepare(self, anchoring: Anchoring, step: Step, now_ms: int) -> Attempt:
        """What is to be sent, signed. Sends nothing. Raises AnchorAway."""

    async def send(self, anchoring: Anchoring, attempt: Attempt) -> bytes | None:
        """Submit it, which may have been done before; the proof, where one comes at once. Raises AnchorAway."""

    async def look(self, anchorings: Sequence[Anchoring], now_ms: int) -> Seen:
        """The state of the open ones, and of the newest confirmed ones. Raises AnchorAway."""

    async def close(self) -> None:
        """End."""
