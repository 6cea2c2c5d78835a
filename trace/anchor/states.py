"""How a checkpoint becomes anchored, and what takes that back. Pure: no I/O, no clock.

    PENDING --signed, written down, sent--> SENT --in a block, deep enough--> CONFIRMED
       ^                                     |                                   |
       '---- the block is gone, or the nonce is another's (reorganised) ---------'      ABANDONED: nobody answered in time

What is sent is written down before it is sent, and may be sent again at any time: whoever is killed in between sends the same
once more, and the chain takes it once. Of an anchor one checkpoint is under way at a time; only a reorganisation, which takes
back what was confirmed, can make it more, and nothing new begins until all of them are confirmed again.

Nonces are those of the chain. Of the transactions that are in no block the first must have the account's next nonce, the
second the one after it: one with a lower nonce has lost it to another transaction, one with a higher nonce would wait for ever
for what a reorganisation took away. Both are signed anew. One that waits too long is signed anew with the same nonce and a
higher fee; whichever of them comes into a block counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct, structs

State = Literal["pending", "sent", "confirmed", "abandoned"]
Act = Literal["none", "sign", "send"]

OPEN: tuple[State, ...] = ("pending", "sent")
BUMP_NUMERATOR, BUMP_DENOMINATOR = (
    5,
    4,
)  # nodes take the place of a waiting transaction for a tenth more, some for an eighth


class Attempt(Struct, frozen=True, kw_only=True):
    """Something that is sent. `ref`: by which it is found there: a transaction's hash, say. `raw`: what is sent, each time the
    same. `fee_wei`, `tip_wei`: at most, for each unit of gas.
    """

    ref: str
    raw: bytes
    at_ms: int
    nonce: int | None = None
    fee_wei: int = 0
    tip_wei: int = 0


class Inclusion(Struct, frozen=True, kw_only=True):
    """Where an attempt is kept. `at_ms`: since when, by whoever keeps it; None: that is not said. `is_good`: whether the chain
    did what the transaction asks for."""

    ref: str
    at_ms: int | None
    block: int | None = None
    block_hash: str = ""
    is_good: bool = True


class Anchoring(Struct, frozen=True, kw_only=True):
    """A checkpoint at an anchor. `nonce`: the one in use, where there are nonces. `depth`: counted until it was confirmed.
    `fallbacks`: how often it was taken back."""

    id: int
    size: int
    root: bytes
    note: bytes
    begun_ms: int
    state: State = "pending"
    attempts: tuple[Attempt, ...] = ()
    nonce: int | None = None
    included: Inclusion | None = None
    depth: int = 0
    fallbacks: int = 0
    proof: bytes | None = None

    @property
    def live(self) -> tuple[Attempt, ...]:
        """Attempts that may still be taken."""
        return tuple(each for each in self.attempts if each.nonce == self.nonce)


class Seen(Struct, frozen=True, kw_only=True):
    """What was found at an anchor. `head`: its newest block; `next_nonce`: of our account, read before the rest; `known`:
    attempts that it has, in a block or not; `proofs`: by attempt, where a proof is new; `head_ms`: when that block was first
    seen, 0 where there are none.
    """

    included: Mapping[str, Inclusion]
    known: frozenset[str] = frozenset()
    head: int = 0
    next_nonce: int | None = None
    proofs: Mapping[str, bytes] = {}
    head_ms: int = 0


class Policy(Struct, frozen=True, kw_only=True):
    """`depth`: blocks from the one with the transaction to the newest, both counted, at which it is anchored. `fee_wei_max`: no
    transaction offers more. `hold_ms`: after a block, until the next checkpoint is sent: the later in a block's time, the more
    of the log is in the next one. 0 for either of the other times: never."""

    depth: int = 1
    bump_after_ms: int = 0
    give_up_ms: int = 0
    hold_ms: int = 0
    fee_wei_max: int = 0


class Step(Struct, frozen=True, kw_only=True):
    """What has become of an anchoring, and what is to be done: sign an attempt with `nonce`, in the place of `instead` if that
    is not None; or send the newest live one."""

    anchoring: Anchoring
    act: Act = "none"
    nonce: int | None = None
    instead: Attempt | None = None


class Newest(Struct, frozen=True, kw_only=True):
    """The newest published checkpoint."""

    origin: str
    size: int
    root: bytes
    note: bytes
    at_ms: int


def begins_in_ms(
    newest: Newest | None,
    *,
    is_open: bool,
    last_size: int,
    last_begun_ms: int,
    now_ms: int,
    every_ms: int,
    held_ms: int,
) -> int | None:
    """How long until the newest checkpoint is to be anchored; None: not at all, so far. `last_size`, `last_begun_ms`: of the
    one anchored last, or 0; a smaller or as large one says nothing new. `held_ms`: not before that moment."""
    if newest is None or is_open or newest.size <= last_size:
        return None
    return max(0, last_begun_ms + every_ms - now_ms, held_ms - now_ms)


def steps(anchorings: Iterable[Anchoring], seen: Seen, now_ms: int, policy: Policy) -> list[Step]:
    """What follows from what was seen, for the open ones and for those confirmed ones that were looked at."""
    ordered = sorted(anchorings, key=lambda each: (each.nonce if each.nonce is not None else 2**63, each.id))
    found = {each.id: _inclusion(each, seen) for each in ordered}
    expected = _expected_nonce(ordered, found, seen)
    decided: list[Step] = []
    for each in ordered:
        inclusion = found[each.id]
        if inclusion is not None and inclusion.is_good:
            decided.append(Step(anchoring=_included(_with_proof(each, seen), inclusion, seen.head, policy)))
            continue
        left = _not_included(_with_proof(each, seen), has_failed=inclusion is not None, expected=expected)
        decided.append(_onward(left, seen, now_ms, policy, expected))
        expected = None if expected is None else expected + 1
    return decided


def _expected_nonce(anchorings: Sequence[Anchoring], found: Mapping[int, Inclusion | None], seen: Seen) -> int | None:
    """A block that came between the look for the nonce and those for the transactions has used more."""
    if seen.next_nonce is None:
        return None
    refs = {inclusion.ref for inclusion in found.values() if inclusion is not None}
    used = [a.nonce for each in anchorings for a in each.attempts if a.ref in refs and a.nonce is not None]
    return max([seen.next_nonce, *(nonce + 1 for nonce in used)])


def _inclusion(anchoring: Anchoring, seen: Seen) -> Inclusion | None:
    found = [(each, seen.included[each.ref]) for each in anchoring.attempts if each.ref in seen.included]
    good = [inclusion for _, inclusion in found if inclusion.is_good]
    failed = [inclusion for attempt, inclusion in found if attempt.nonce == anchoring.nonce]
    return next(iter([*good, *failed]), None)


def _with_proof(anchoring: Anchoring, seen: Seen) -> Anchoring:
    proof = next((seen.proofs[each.ref] for each in anchoring.attempts if each.ref in seen.proofs), None)
    return anchoring if proof is None else structs.replace(anchoring, proof=proof)


def _included(anchoring: Anchoring, inclusion: Inclusion, head: int, policy: Policy) -> Anchoring:
    depth = policy.depth if inclusion.block is None or not policy.depth else max(0, head - inclusion.block + 1)
    before = anchoring.included
    has_moved = before is not None and before.block_hash != inclusion.block_hash
    if anchoring.state == "confirmed" and not has_moved:
        return anchoring  # also where a node is behind: it takes nothing back
    state: State = "confirmed" if depth >= policy.depth else "sent"
    return structs.replace(
        anchoring, state=state, included=inclusion, depth=depth, fallbacks=anchoring.fallbacks + has_moved
    )


def _not_included(anchoring: Anchoring, *, has_failed: bool, expected: int | None) -> Anchoring:
    """`has_failed`: in its block, for good, so that its nonce is used."""
    if has_failed or anchoring.included is not None:
        anchoring = _taken_back(anchoring)
    if has_failed or (expected is not None and anchoring.nonce != expected):
        anchoring = structs.replace(anchoring, nonce=None, state="pending")
    return anchoring


def _taken_back(anchoring: Anchoring) -> Anchoring:
    return structs.replace(anchoring, state="pending", included=None, depth=0, fallbacks=anchoring.fallbacks + 1)


def _onward(anchoring: Anchoring, seen: Seen, now_ms: int, policy: Policy, nonce: int | None) -> Step:
    if policy.give_up_ms and now_ms - anchoring.begun_ms >= policy.give_up_ms:
        return Step(anchoring=structs.replace(anchoring, state="abandoned"))
    has_no_nonce = nonce is not None and anchoring.nonce is None
    if has_no_nonce or not anchoring.live:
        return Step(anchoring=structs.replace(anchoring, state="pending"), act="sign", nonce=nonce)
    last = anchoring.live[-1]
    if _is_bumped(last, now_ms, policy):
        return Step(anchoring=anchoring, act="sign", nonce=nonce, instead=last)
    if last.ref not in seen.known:
        return Step(anchoring=anchoring, act="send", nonce=nonce)
    return Step(anchoring=structs.replace(anchoring, state="sent"), nonce=nonce)


def _is_bumped(last: Attempt, now_ms: int, policy: Policy) -> bool:
    is_late = policy.bump_after_ms > 0 and now_ms - last.at_ms >= policy.bump_after_ms
    return is_late and 0 < bumped(last.fee_wei) <= policy.fee_wei_max


def bumped(wei: int) -> int:
    """A fee that takes the place of one of `wei`."""
    return -(-wei * BUMP_NUMERATOR // BUMP_DENOMINATOR)
