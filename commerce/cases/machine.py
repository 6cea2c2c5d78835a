"""The states of an after-sales case, as a table. Pure: no I/O, no clock.

    OPEN --decide--> DECIDED --close--> CLOSED        the money has arrived, the replacement is there, no appeal came in time
    OPEN --withdraw--> WITHDRAWN                      by the buyer
    DECIDED --appeal--> OPEN                          by the buyer, once, after a rejection
    DECIDED --refund_rejected--> OPEN                 the second person did not let the refund go
    DECIDED --replacement_cancelled--> OPEN           what was to be sent instead is not

The refund is a machine of its own (commerce/payments/machine.py): the case is what people do, the refund what money does. The
same names are a CHECK of the table `cases`.
"""

from typing import Literal, get_args

State = Literal["open", "decided", "closed", "withdrawn"]
Step = Literal["decide", "withdraw", "appeal", "refund_rejected", "replacement_cancelled", "close"]
Kind = Literal["refund", "replacement"]
Decision = Literal["refund", "replace", "gift", "reject"]
Reason = Literal["spoiled", "underweight", "missing", "undelivered", "other"]

STATES: tuple[State, ...] = get_args(State)
STEPS: tuple[Step, ...] = get_args(Step)

TABLE: dict[tuple[State, Step], State] = {
    ("open", "decide"): "decided",
    ("open", "withdraw"): "withdrawn",
    ("decided", "appeal"): "open",
    ("decided", "refund_rejected"): "open",
    ("decided", "replacement_cancelled"): "open",
    ("decided", "close"): "closed",
}

REASONS: dict[str, Reason] = {
    "坏果": "spoiled",
    "缺重": "underweight",
    "少件": "missing",
    "未送达": "undelivered",
    "其他": "other",
}
"""As buyers are shown them."""

SHOWN_IN_PICTURES: frozenset[Reason] = frozenset({"spoiled", "underweight", "other"})
"""Of what is not there, there is no picture."""


def after(state: State, step: Step) -> State | None:
    """The state that a step leads to; None: it cannot be taken from there, and changes nothing."""
    return TABLE.get((state, step))


def reason_of(text: str) -> Reason:
    """Which reason a word is, ours or a buyer's; what is none of them is something else."""
    word = text.strip()
    if word in REASONS:
        return REASONS[word]
    return next((reason for reason in REASONS.values() if reason == word.lower()), "other")


def needs_photo(reason: Reason, *, delivered_ms: int | None, now_ms: int, no_photo_s: int) -> bool:
    """Whether a case wants a picture: not soon after delivery, when a courier may still be at the door."""
    return reason in SHOWN_IN_PICTURES and delivered_ms is not None and now_ms > delivered_ms + no_photo_s * 1000
