"""A sender that answers requests freezes for a round trip after a loss; one that does not, for half a second, once."""

from media.ingest.keyframe_gate import KeyframeGate

ANSWER_S = 0.5
FRAME_S = 1 / 30


class Sender:
    """Pictures through a gate, thirty a second from 100 s on."""

    def __init__(self, *, interval_s: float | None = 8.0) -> None:
        self.gate = KeyframeGate(ANSWER_S)
        self.interval_s = interval_s
        self.now_s = 100.0

    def sends(self, seconds: float, *, key: bool = False) -> list[bool]:
        """Whether each picture goes on; the first may be a keyframe."""
        taken = []
        for number in range(round(seconds / FRAME_S)):
            taken.append(self.gate.takes(self.now_s, key=key and not number, interval_s=self.interval_s))
            self.now_s += FRAME_S
        return taken

    def loses(self) -> None:
        """A picture, and a keyframe is requested."""
        self.gate.damage()
        self.gate.requested()


def test_nothing_goes_on_before_the_first_keyframe_however_long_it_takes() -> None:
    sender = Sender()
    sender.gate.requested()
    assert not any(sender.sends(20.0))
    assert sender.gate.state == "begin"
    assert all(sender.sends(1.0, key=True))


def test_a_sender_that_answers_is_frozen_until_its_keyframe() -> None:
    sender = Sender()
    sender.sends(2.0, key=True)
    for _ in range(3):
        sender.loses()
        assert not any(sender.sends(0.2))
        assert sender.gate.wants_key
        assert all(sender.sends(2.0, key=True))
        assert sender.gate.answers is True


def test_a_sender_that_never_answers_is_frozen_for_half_a_second_once_and_never_again() -> None:
    sender = Sender()
    sender.sends(2.0, key=True)
    sender.loses()
    first = sender.sends(6.0)
    assert 0.45 < first.index(True) * FRAME_S < 0.55
    assert all(first[first.index(True) :])
    assert sender.gate.wants_key
    sender.sends(2.0, key=True)
    sender.loses()
    assert all(sender.sends(6.0))


def test_pictures_are_withheld_from_the_loss_on_though_the_request_has_to_wait() -> None:
    sender = Sender()
    sender.sends(2.0, key=True)
    sender.gate.damage()
    before = sender.sends(0.3)
    sender.gate.requested()
    after = sender.sends(1.0)
    # The first picture after the loss is 1/30 s after the one before: the fifteenth is at 0.5 s, the sixteenth goes on.
    assert (before + after).index(True) == 15
    assert all(after[6:])
    assert sender.gate.wants_key


def test_a_sender_whose_request_had_to_wait_is_still_judged_from_the_request_on() -> None:
    sender = Sender()
    sender.sends(2.0, key=True)
    sender.gate.damage()
    sender.sends(0.3)
    sender.gate.requested()
    sender.sends(0.4)
    assert sender.gate.answers is None
    sender.sends(0.1, key=True)
    assert sender.gate.answers is True


def test_a_keyframe_that_was_due_anyway_is_no_answer_of_one_who_did_not() -> None:
    sender = Sender()
    sender.sends(1.0, key=True)
    sender.loses()
    sender.sends(6.8)
    assert sender.gate.answers is False
    sender.sends(7.9, key=True)
    sender.loses()
    sender.sends(0.1)
    sender.sends(1.0, key=True)
    assert sender.gate.answers is False


def test_one_who_did_not_and_does_now_is_waited_for_again() -> None:
    sender = Sender()
    sender.sends(1.0, key=True)
    sender.loses()
    sender.sends(2.0)
    sender.sends(2.0, key=True)
    sender.loses()
    sender.sends(0.1)
    sender.sends(1.0, key=True)
    assert sender.gate.answers is True
    sender.loses()
    assert not any(sender.sends(0.2))


def test_a_network_that_was_away_says_nothing_of_the_sender() -> None:
    sender = Sender()
    sender.sends(2.0, key=True)
    sender.loses()
    sender.now_s += 10.0
    assert not any(sender.sends(0.2))
    assert sender.gate.answers is None


def test_a_new_stream_begins_with_a_keyframe_also_of_one_who_does_not_answer() -> None:
    sender = Sender()
    sender.sends(1.0, key=True)
    sender.loses()
    sender.sends(1.0)
    assert sender.gate.answers is False
    sender.gate.begin()
    assert not any(sender.sends(2.0))
