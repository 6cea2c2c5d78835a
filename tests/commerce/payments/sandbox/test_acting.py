"""The sandbox's buttons: what each makes of a payment, and what the shop is told. And how often."""

import itertools
from collections.abc import Callable

import msgspec
import pytest

from commerce.payments.sandbox.acting import ACTIONS, Account, Action, act
from commerce.payments.sandbox.ladder import PAUSES_S, pauses_ms
from commerce.payments.sandbox.signed import SandboxNotice
from commerce.payments.store import NEVER_MS

NOW_MS = 1_000_000


def account(state: str = "open", **fields: object) -> Account:
    given = {
        "id": "p", "amount_minor": 5_990, "currency": "CNY", "description": "", "state": state, "ref": None,
        "notify_url": "http://shop/n", "return_url": "/", "refunds": "now", "created_ms": 0, "closes_ms": 2 * NOW_MS,
    }  # fmt: skip
    return Account(**(given | fields))  # type: ignore[arg-type]


def ids() -> Callable[[], str]:
    numbers = itertools.count()
    return lambda: f"id-{next(numbers)}"


def told(was: Account, action: Action, notify: str = "once", delay_ms: int = 0) -> list[SandboxNotice]:
    done = act(was, action, notify=notify, delay_ms=delay_ms, now_ms=NOW_MS, new_id=ids())
    assert done is not None
    return [msgspec.json.decode(message.body, type=SandboxNotice) for message in done.messages]


@pytest.mark.parametrize(
    ("action", "state", "captured", "notices"),
    [
        ("pay", "paid", [(5_990, "CNY")], [("paid", 5_990, 5_990, "CNY")]),
        ("pay_with_voucher", "paid", [(5_990, "CNY")], [("paid", 5_990, 5_391, "CNY")]),
        ("pay_twice", "paid", [(5_990, "CNY")] * 2, [("paid", 5_990, 5_990, "CNY")] * 2),
        ("pay_wrong_amount", "paid", [(1, "CNY")], [("paid", 1, 1, "CNY")]),
        ("pay_wrong_currency", "paid", [(5_990, "USD")], [("paid", 5_990, 5_990, "USD")]),
        ("decline", "failed", [], [("failed", 5_990, 0, "CNY")]),
        ("close", "closed", [], [("closed", 5_990, 0, "CNY")]),
    ],
)  # fmt: skip
def test_a_button_of_an_open_payment(
    action: Action, state: str, captured: list[tuple[int, str]], notices: list[tuple[str, int, int, str]]
) -> None:
    done = act(account(), action, notify="once", delay_ms=0, now_ms=NOW_MS, new_id=ids())
    assert done is not None
    assert done.account.state == state
    assert [(each.amount_minor, each.currency) for each in done.captures] == captured
    said = [(each.state, each.total_minor, each.payer_total_minor, each.currency) for each in told(account(), action)]
    assert said == notices


def test_two_captures_are_two_moneys_and_the_first_is_the_payments() -> None:
    done = act(account(), "pay_twice", notify="once", delay_ms=0, now_ms=NOW_MS, new_id=ids())
    assert done is not None
    refs = [capture.ref for capture in done.captures]
    assert len(set(refs)) == 2
    assert done.account.ref == refs[0]
    assert [each.ref for each in told(account(), "pay_twice")] == refs


@pytest.mark.parametrize("state", ["closed", "failed"])
def test_what_is_over_can_still_be_paid(state: str) -> None:
    done = act(account(state), "pay", notify="once", delay_ms=0, now_ms=NOW_MS, new_id=ids())
    assert done is not None
    assert done.account.state == "paid"


@pytest.mark.parametrize("action", [each for each in ACTIONS if not each.startswith("refunds")])
def test_what_is_paid_is_over(action: Action) -> None:
    assert act(account("paid"), action, notify="once", delay_ms=0, now_ms=NOW_MS, new_id=ids()) is None


@pytest.mark.parametrize(("notify", "times"), [("none", 0), ("once", 1), ("twice", 2)])
def test_the_shop_is_told_as_often_as_was_asked_for_and_it_is_the_same_notice(notify: str, times: int) -> None:
    said = told(account(), "pay", notify)
    assert len(said) == times
    assert len({each.id for each in said}) <= 1


def test_it_is_told_after_the_delay() -> None:
    done = act(account(), "pay", notify="twice", delay_ms=700, now_ms=NOW_MS, new_id=ids())
    assert done is not None
    assert [message.due_ms for message in done.messages] == [NOW_MS + 700] * 2


@pytest.mark.parametrize("way", ["now", "later", "fail"])
@pytest.mark.parametrize("state", ["open", "paid"])
def test_how_refunds_are_answered_may_be_set_at_any_time(state: str, way: str) -> None:
    action: Action = f"refunds_{way}"  # type: ignore[assignment]
    done = act(account(state), action, notify="once", delay_ms=0, now_ms=NOW_MS, new_id=ids())
    assert done is not None
    assert (done.account.refunds, done.account.state, done.messages) == (way, state, ())


def test_what_nobody_paid_in_time_is_closed() -> None:
    assert account(closes_ms=NOW_MS).at(NOW_MS - 1).state == "open"
    assert account(closes_ms=NOW_MS).at(NOW_MS).state == "closed"
    assert account("paid", closes_ms=NOW_MS).at(NOW_MS).state == "paid"


def test_the_ladder_is_wechat_pays_compressed() -> None:
    assert sum(PAUSES_S) == 24 * 3_600 + 4 * 60
    assert pauses_ms(100)[:5] == [150, 150, 300, 1_800, 6_000]
    assert pauses_ms(1)[:3] == [15_000, 15_000, 30_000]
    assert pauses_ms(100_000)[0] == 1
    assert pauses_ms(1)[-1] == NEVER_MS
