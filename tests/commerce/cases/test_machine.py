"""The states of a case are those of the table and no others; reasons are told by our words and by buyers'."""

import itertools

import pytest

from commerce.cases.machine import STATES, STEPS, TABLE, after, needs_photo, reason_of

HOUR_MS = 3_600_000


def test_every_step_from_every_state_is_in_the_table_or_leads_nowhere():
    led = {(state, step): after(state, step) for state, step in itertools.product(STATES, STEPS)}
    assert {pair: state for pair, state in led.items() if state is not None} == {
        ("open", "decide"): "decided", ("open", "withdraw"): "withdrawn", ("decided", "appeal"): "open",
        ("decided", "refund_rejected"): "open", ("decided", "replacement_cancelled"): "open", ("decided", "close"): "closed",
    }  # fmt: skip
    assert {state for state, _ in TABLE} == {"open", "decided"}


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("坏果", "spoiled"), ("缺重", "underweight"), ("少件", "missing"), ("未送达", "undelivered"), ("其他", "other"),
        ("spoiled", "spoiled"), (" Missing ", "missing"), ("太酸", "other"), ("", "other"),
    ],
)  # fmt: skip
def test_reasons_are_told_by_either_word(word: str, reason: str):
    assert reason_of(word) == reason


def test_a_picture_is_asked_for_some_time_after_delivery_and_only_of_what_can_be_seen():
    def needs(reason: str, hours: float, *, is_delivered: bool = True) -> bool:
        return needs_photo(
            reason_of(reason), delivered_ms=0 if is_delivered else None, now_ms=int(hours * HOUR_MS), no_photo_s=7_200
        )

    assert [needs("spoiled", hours) for hours in (0, 2, 2.01)] == [False, False, True]
    assert [needs(reason, 3) for reason in ("underweight", "other", "missing", "undelivered")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert not needs("spoiled", 100, is_delivered=False)
