"""A checkpoint is anchored when its transaction is deep enough, and only as long as it is."""

from msgspec.structs import replace

from trace.anchor.states import Anchoring, Attempt, Inclusion, Newest, Policy, Seen, Step, begins_in_ms, bumped, steps

ROOT = b"r" * 32
POLICY = Policy(depth=3, bump_after_ms=60_000, fee_wei_max=1_000)
NEW = Anchoring(id=1, size=7, root=ROOT, note=b"note", begun_ms=0)
NEWEST = Newest(origin="log.example", size=8, root=ROOT, note=b"note", at_ms=0)


def attempt(ref: str = "a", nonce: int | None = 5, at_ms: int = 0, fee_wei: int = 100) -> Attempt:
    return Attempt(ref=ref, raw=b"raw " + ref.encode(), at_ms=at_ms, nonce=nonce, fee_wei=fee_wei, tip_wei=1)


def sent(*attempts: Attempt, number: int = 1) -> Anchoring:
    return replace(NEW, id=number, state="sent", attempts=attempts, nonce=attempts[-1].nonce)


def in_block(block: int, ref: str = "a", block_hash: str = "0xb") -> dict[str, Inclusion]:
    return {ref: Inclusion(ref=ref, at_ms=9, block=block, block_hash=block_hash)}


def one(anchoring: Anchoring, seen: Seen, now_ms: int = 0, policy: Policy = POLICY) -> Step:
    (step,) = steps([anchoring], seen, now_ms, policy)
    return step


def test_a_new_one_is_signed_with_the_nonce_that_the_chain_says():
    step = one(NEW, Seen(included={}, next_nonce=5))
    assert (step.act, step.nonce, step.instead, step.anchoring.state) == ("sign", 5, None, "pending")


def test_what_was_signed_is_sent_until_the_chain_knows_it():
    signed = replace(sent(attempt()), state="pending")
    assert one(signed, Seen(included={}, next_nonce=5)).act == "send"
    waiting = one(signed, Seen(included={}, next_nonce=5, known=frozenset("a")))
    assert (waiting.act, waiting.anchoring.state) == ("none", "sent")


def test_it_is_confirmed_at_the_depth_and_not_a_block_before():
    included = in_block(10)
    shallow = one(sent(attempt()), Seen(included=included, next_nonce=6, head=11))
    assert (shallow.anchoring.state, shallow.anchoring.depth) == ("sent", 2)
    deep = one(shallow.anchoring, Seen(included=included, next_nonce=6, head=12))
    assert (deep.anchoring.state, deep.anchoring.depth, deep.act) == ("confirmed", 3, "none")
    assert deep.anchoring.included == included["a"]


def test_t60_a_reorganised_one_falls_back_and_the_same_transaction_is_sent_again():
    confirmed = one(sent(attempt()), Seen(included=in_block(10), next_nonce=6, head=12)).anchoring
    step = one(confirmed, Seen(included={}, next_nonce=5, head=12))
    fallen = step.anchoring
    assert (fallen.state, fallen.included, fallen.depth, fallen.fallbacks) == ("pending", None, 0, 1)
    assert (step.act, fallen.live) == ("send", (attempt(),))


def test_one_that_a_reorganisation_moved_is_confirmed_again_only_at_the_depth():
    confirmed = one(sent(attempt()), Seen(included=in_block(10), next_nonce=6, head=12)).anchoring
    moved = one(confirmed, Seen(included=in_block(12, block_hash="0xc"), next_nonce=6, head=12)).anchoring
    assert (moved.state, moved.depth, moved.fallbacks) == ("sent", 1, 1)


def test_a_node_that_is_behind_takes_nothing_back():
    confirmed = one(sent(attempt()), Seen(included=in_block(10), next_nonce=6, head=12)).anchoring
    assert one(confirmed, Seen(included=in_block(10), next_nonce=6, head=10)).anchoring == confirmed


def test_a_nonce_that_another_transaction_took_is_given_up():
    step = one(sent(attempt(nonce=5)), Seen(included={}, next_nonce=6, known=frozenset("a")))
    assert (step.act, step.nonce, step.instead, step.anchoring.nonce) == ("sign", 6, None, None)


def test_a_nonce_that_waits_for_one_that_is_gone_is_given_up():
    step = one(sent(attempt(nonce=9)), Seen(included={}, next_nonce=5, known=frozenset("a")))
    assert (step.act, step.nonce) == ("sign", 5)


def test_two_that_one_reorganisation_took_back_are_sent_again_in_order_with_the_nonces_they_had():
    first = replace(sent(attempt("a", 5)), state="confirmed", included=in_block(10)["a"], depth=3)
    second = sent(attempt("b", 6), number=2)
    decided = steps([second, first], Seen(included={}, next_nonce=5, head=9), 0, POLICY)
    assert [(s.anchoring.id, s.act, s.nonce) for s in decided] == [(1, "send", 5), (2, "send", 6)]


def test_a_block_between_two_questions_makes_no_gap():
    first, second = sent(attempt("a", 5)), sent(attempt("b", 6), number=2)
    decided = steps(
        [first, second], Seen(included=in_block(10), next_nonce=5, head=10, known=frozenset("b")), 0, POLICY
    )
    assert [(s.anchoring.id, s.act) for s in decided] == [(1, "none"), (2, "none")]


def test_one_that_waits_too_long_is_signed_with_a_higher_fee_and_the_same_nonce():
    waiting = sent(attempt(at_ms=1_000))
    seen = Seen(included={}, next_nonce=5, known=frozenset("a"))
    assert one(waiting, seen, 60_999).act == "none"
    step = one(waiting, seen, 61_000)
    assert (step.act, step.nonce, step.instead) == ("sign", 5, attempt(at_ms=1_000))


def test_no_fee_is_above_the_most():
    waiting = sent(attempt(fee_wei=801))
    assert one(waiting, Seen(included={}, next_nonce=5, known=frozenset("a")), 10**9).act == "none"
    assert one(sent(attempt(fee_wei=0)), Seen(included={}, next_nonce=5, known=frozenset("a")), 10**9).act == "none"
    assert (bumped(100), bumped(801), bumped(1)) == (125, 1_002, 2)


def test_whichever_of_two_fees_comes_into_a_block_counts():
    waiting = sent(attempt("a", fee_wei=100), attempt("b", fee_wei=125))
    step = one(waiting, Seen(included=in_block(10), next_nonce=6, head=12))
    assert step.anchoring.included is not None
    assert (step.anchoring.state, step.anchoring.included.ref) == ("confirmed", "a")


def test_a_transaction_that_failed_in_its_block_is_signed_anew():
    failed = {"a": Inclusion(ref="a", at_ms=9, block=10, block_hash="0xb", is_good=False)}
    step = one(sent(attempt()), Seen(included=failed, next_nonce=6, head=12))
    assert (step.act, step.nonce, step.anchoring.state) == ("sign", 6, "pending")


def test_one_that_failed_is_not_signed_again_at_each_look():
    failed = {"a": Inclusion(ref="a", at_ms=9, block=10, block_hash="0xb", is_good=False)}
    again = sent(attempt("a", 5), attempt("b", 6))
    step = one(again, Seen(included=failed, next_nonce=6, head=12, known=frozenset("b")))
    assert (step.act, step.anchoring.nonce) == ("none", 6)


def test_what_has_no_blocks_is_confirmed_when_it_is_kept_and_brings_its_proof():
    stamped = replace(NEW, attempts=(attempt("t", None),))
    included = {"t": Inclusion(ref="t", at_ms=9)}
    step = one(stamped, Seen(included=included, proofs={"t": b"token"}), policy=Policy())
    assert (step.anchoring.state, step.anchoring.proof) == ("confirmed", b"token")


def test_t64_what_is_known_and_not_kept_yet_stays_open_until_it_is_given_up():
    stamped = replace(NEW, attempts=(attempt("t", None),))
    policy, seen = Policy(give_up_ms=1_000), Seen(included={}, known=frozenset("t"))
    assert one(stamped, seen, 999, policy).anchoring.state == "sent"
    assert one(stamped, seen, 1_000, policy).anchoring.state == "abandoned"


def begun_in_ms(
    newest: Newest | None = NEWEST, *, is_open: bool = False, last_size: int = 7, now_ms: int = 10_000, held_ms: int = 0
) -> int | None:
    return begins_in_ms(
        newest,
        is_open=is_open,
        last_size=last_size,
        last_begun_ms=5_000,
        now_ms=now_ms,
        every_ms=5_000,
        held_ms=held_ms,
    )


def test_another_begins_when_none_is_open_the_log_has_grown_and_it_is_time():
    assert begun_in_ms() == 0
    assert begun_in_ms(now_ms=9_999) == 1
    assert begun_in_ms(None) is None
    assert begun_in_ms(is_open=True) is None
    assert begun_in_ms(last_size=8) is None
    assert begun_in_ms(last_size=9) is None


def test_another_is_held_until_late_in_the_time_of_a_block():
    assert begun_in_ms(held_ms=11_300) == 1_300
    assert begun_in_ms(held_ms=9_000) == 0
