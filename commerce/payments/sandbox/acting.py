"""What happens at the sandbox when somebody presses a button, well-behaved or not. Pure: no I/O, no clock, no randomness.

    open --pay...--> paid    open --decline--> failed    open --close--> closed

`pay`, in whichever way, is possible from every state but `paid`: late money is one of the things to be tried. Whether somebody
may press that button is for whoever asks (api.py).
"""

from collections.abc import Callable
from typing import Literal, get_args

import msgspec
from msgspec import Struct, structs

from commerce.payments.sandbox.signed import SandboxNotice

Action = Literal[
    "pay",
    "pay_with_voucher",
    "pay_twice",
    "pay_wrong_amount",
    "pay_wrong_currency",
    "decline",
    "close",
    "refunds_now",
    "refunds_later",
    "refunds_fail",
    "refund_paid",
    "refund_failed",
]
ACTIONS: tuple[Action, ...] = get_args(Action)
OF_BUYER = frozenset[Action]({"pay", "decline", "close"})
TIMES = {"none": 0, "once": 1, "twice": 2}


class Account(Struct, frozen=True, kw_only=True):
    """A payment as the sandbox has it; see the table."""

    id: str
    amount_minor: int
    currency: str
    description: str
    state: Literal["open", "paid", "failed", "closed"]
    ref: str | None
    notify_url: str
    return_url: str
    refunds: Literal["now", "later", "fail"]
    created_ms: int
    closes_ms: int

    def at(self, now_ms: int) -> "Account":
        """As it is then: what nobody has paid in time is closed."""
        is_over = self.state == "open" and self.closes_ms <= now_ms
        return structs.replace(self, state="closed") if is_over else self


class Capture(Struct, frozen=True, kw_only=True):
    """Money that came in."""

    ref: str
    payment: str
    amount_minor: int
    currency: str
    at_ms: int


class RefundAccount(Struct, frozen=True, kw_only=True):
    """A refund as the sandbox has it; see the table."""

    id: str
    payment: str
    capture: str
    amount_minor: int
    currency: str
    state: Literal["processing", "paid", "failed"]
    ref: str
    created_ms: int
    ended_ms: int | None = None


class Message(Struct, frozen=True, kw_only=True):
    """A notice to be told, once acknowledged."""

    id: str
    payment: str
    notify_url: str
    body: str
    due_ms: int


class Done(Struct, frozen=True, kw_only=True):
    """What becomes of it; None: nothing, since it is paid, or there is no refund under way."""

    account: Account
    captures: tuple[Capture, ...] = ()
    messages: tuple[Message, ...] = ()


def act(
    account: Account, action: Action, *, notify: str, delay_ms: int, now_ms: int, new_id: Callable[[], str]
) -> Done | None:
    """`notify`: how often the shop is told of it, `delay_ms` later. `new_id`: an id that was never given before."""
    if action in ("refunds_now", "refunds_later", "refunds_fail"):
        answers: dict[str, Literal["now", "later", "fail"]] = {
            "refunds_now": "now", "refunds_later": "later", "refunds_fail": "fail"
        }  # fmt: skip
        return Done(account=structs.replace(account, refunds=answers[action]))
    if account.state == "paid":
        return None
    told: list[SandboxNotice] = []
    captures: list[Capture] = []
    if action.startswith("pay"):
        payer_minor = account.amount_minor
        for _ in range(2 if action == "pay_twice" else 1):
            amount_minor, currency = account.amount_minor, account.currency
            if action == "pay_wrong_amount":
                amount_minor = payer_minor = 1 if amount_minor != 1 else 2
            elif action == "pay_wrong_currency":
                currency = "USD" if currency != "USD" else "CNY"
            elif action == "pay_with_voucher":
                payer_minor = amount_minor - amount_minor // 10
            capture = Capture(
                ref=new_id(), payment=account.id, amount_minor=amount_minor, currency=currency, at_ms=now_ms
            )
            captures.append(capture)
            told.append(_notice(account, "paid", new_id(), now_ms, capture=capture, payer_minor=payer_minor))
        after = structs.replace(account, state="paid", ref=captures[0].ref)
    elif action == "decline":
        after = structs.replace(account, state="failed")
        told.append(_notice(account, "failed", new_id(), now_ms))
    elif action == "close":
        after = structs.replace(account, state="closed")
        told.append(_notice(account, "closed", new_id(), now_ms))
    else:
        return None
    messages = tuple(
        message(account, each, new_id=new_id, due_ms=now_ms + delay_ms) for each in told for _ in range(TIMES[notify])
    )
    return Done(account=after, captures=tuple(captures), messages=messages)


def message(account: Account, notice: SandboxNotice, *, new_id: Callable[[], str], due_ms: int) -> Message:
    """The same notice in another message is the same notice told once more."""
    body = msgspec.json.encode(notice).decode()
    return Message(id=new_id(), payment=account.id, notify_url=account.notify_url, body=body, due_ms=due_ms)


def refund_notice(refund: RefundAccount, id_: str, now_ms: int) -> SandboxNotice:
    """What is told of a refund."""
    return SandboxNotice(
        id=id_,
        type="refund",
        payment=refund.payment,
        refund=refund.id,
        state=refund.state,
        total_minor=refund.amount_minor,
        payer_total_minor=refund.amount_minor,
        currency=refund.currency,
        ref=refund.ref,
        at_ms=now_ms,
    )


def _notice(
    account: Account,
    state: Literal["paid", "failed", "closed"],
    id_: str,
    now_ms: int,
    *,
    capture: Capture | None = None,
    payer_minor: int = 0,
) -> SandboxNotice:
    return SandboxNotice(
        id=id_,
        type="payment",
        payment=account.id,
        state=state,
        total_minor=account.amount_minor if capture is None else capture.amount_minor,
        payer_total_minor=payer_minor,
        currency=account.currency if capture is None else capture.currency,
        ref=None if capture is None else capture.ref,
        at_ms=now_ms,
    )
