"""A lite agent answers checks that know its password, sends where it is nominated, and lives through restarts."""

from aioice import stun

from media.rtc import ice
from media.rtc.ice import ADDRESSES_MAX, Address, CheckResult, LiteAgent
from media.rtc.sdp import Credentials

OURS, THEIRS = Credentials("ours", "o" * 22), Credentials("theirs", "t" * 22)
NEW_OURS, NEW_THEIRS = Credentials("ours2", "p" * 22), Credentials("theirs2", "u" * 22)
HOME, MOBILE = ("192.0.2.1", 5_000), ("198.51.100.7", 6_000)


def check(
    agent: LiteAgent,
    address: Address,
    *,
    ours: Credentials = OURS,
    theirs: Credentials = THEIRS,
    nominates: bool = False,
) -> CheckResult | ice.Rejection:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, b"123456789012")
    message.attributes["USERNAME"] = f"{ours.ufrag}:{theirs.ufrag}"
    if nominates:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(ours.password.encode())
    read = ice.read(bytes(message))
    assert read is not None
    assert ice.addressed_to(read) == ours.ufrag
    return agent.check(read, address)


def test_a_check_is_answered_with_the_address_it_came_from_and_our_password() -> None:
    result = check(LiteAgent(OURS, THEIRS), HOME)
    assert isinstance(result, CheckResult)
    reply = stun.parse_message(result.reply)
    assert (reply.message_class, reply.transaction_id) == (stun.Class.RESPONSE, b"123456789012")
    assert reply.attributes["XOR-MAPPED-ADDRESS"] == HOME
    assert reply.check_message_integrity(OURS.password.encode())


def test_an_answer_is_no_larger_than_the_smallest_question_twice() -> None:
    smallest = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, b"123456789012")
    smallest.attributes["USERNAME"] = f"{OURS.ufrag}:{THEIRS.ufrag}"
    smallest.add_message_integrity(OURS.password.encode())
    for address in (HOME, ("2001:db8::1", 5_000)):
        result = check(LiteAgent(OURS, THEIRS), address)
        assert isinstance(result, CheckResult)
        without_fingerprint = len(bytes(smallest)) - 8
        assert len(result.reply) <= 2 * without_fingerprint


def test_the_first_address_is_used_until_one_is_nominated() -> None:
    agent = LiteAgent(OURS, THEIRS)
    check(agent, HOME)
    assert agent.selected == HOME
    check(agent, MOBILE)
    assert agent.selected == HOME
    check(agent, MOBILE, nominates=True)
    assert agent.selected == MOBILE


def test_checks_with_another_name_or_password_are_not_answered() -> None:
    agent = LiteAgent(OURS, THEIRS)
    assert check(agent, HOME, theirs=Credentials("stranger", "x" * 22)) == "unknown"
    assert check(agent, HOME, ours=Credentials(OURS.ufrag, "guessed" * 4)) == "forged"
    bare = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, b"123456789012")
    bare.attributes["USERNAME"] = f"{OURS.ufrag}:{THEIRS.ufrag}"
    assert agent.check(bare, HOME) == "forged"
    assert (agent.selected, agent.addresses) == (None, {})


def test_a_restart_keeps_the_old_way_until_the_new_one_is_checked() -> None:
    agent = LiteAgent(OURS, THEIRS)
    check(agent, HOME, nominates=True)
    agent.restart(NEW_OURS, NEW_THEIRS)
    assert isinstance(check(agent, HOME), CheckResult)
    assert agent.selected == HOME
    assert isinstance(check(agent, MOBILE, ours=NEW_OURS, theirs=NEW_THEIRS), CheckResult)
    assert agent.selected == MOBILE
    assert check(agent, HOME) == "unknown"


def test_two_restarts_before_a_check_leave_the_way_that_works() -> None:
    agent = LiteAgent(OURS, THEIRS)
    check(agent, HOME, nominates=True)
    agent.restart(NEW_OURS, NEW_THEIRS)
    agent.restart(Credentials("ours3", "q" * 22), Credentials("theirs3", "v" * 22))
    assert isinstance(check(agent, HOME), CheckResult)
    assert check(agent, HOME, ours=NEW_OURS, theirs=NEW_THEIRS) == "unknown"


def test_addresses_of_a_peer_are_bounded_and_the_oldest_that_is_not_in_use_makes_way() -> None:
    agent = LiteAgent(OURS, THEIRS)
    first, *others = [("192.0.2.9", 1_000 + n) for n in range(ADDRESSES_MAX)]
    for address in (first, *others):
        checked = check(agent, address)
        assert isinstance(checked, CheckResult)
        assert checked.dropped is None
    assert agent.selected == first
    moved = check(agent, MOBILE, nominates=True)
    assert isinstance(moved, CheckResult)
    assert (agent.selected, moved.dropped) == (MOBILE, others[0])
    assert len(agent.addresses) == ADDRESSES_MAX
    again = check(agent, HOME)
    assert isinstance(again, CheckResult)
    assert again.dropped == first


def test_our_own_request_is_one_the_peer_can_check() -> None:
    message = stun.parse_message(LiteAgent(OURS, THEIRS).request(b"abcdefghijkl"))
    assert message.attributes["USERNAME"] == "theirs:ours"
    assert "ICE-CONTROLLED" in message.attributes
    assert message.check_message_integrity(THEIRS.password.encode())


def test_what_is_no_binding_message_is_none() -> None:
    for data in (
        b"",
        b"\x00" * 20,
        b"\x00\x01\x00\x00" + b"\x00" * 16,
        b"\x00\x03\x00\x00\x21\x12\xa4\x42" + b"x" * 12,
    ):
        assert ice.read(data) is None
