"""The reader gives the strict result of every case of the Autobahn test suite, and fails no later than it can."""

import pytest

from livehub.hub.sockets.handshake import may_deflate
from livehub.hub.sockets.websocket import Event, Failure, Reader
from tests.hub.sockets.autobahn import MESSAGE_BYTES_MAX, OFFERS, Case, Suite, bare

CASES = Suite(bare).cases()


def _read(case: Case, chunks: list[bytes]) -> list[list[Event]]:
    reader = Reader(MESSAGE_BYTES_MAX, deflate=case.deflate)
    return [reader.feed(chunk) for chunk in chunks]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_of_the_suite(case: Case) -> None:
    read = _read(case, case.chunks)
    assert [event for events in read for event in events] == case.events
    if case.fails_at is not None:
        [failed_at] = [at for at, events in enumerate(read) if any(isinstance(event, Failure) for event in events)]
        assert failed_at == case.fails_at


@pytest.mark.parametrize("case", [case for case in CASES if sum(map(len, case.chunks)) < 20_000], ids=str)
def test_a_case_whose_bytes_come_one_by_one(case: Case) -> None:
    stream = b"".join(case.chunks)
    read = _read(case, [stream[at : at + 1] for at in range(len(stream))])
    assert [event for events in read for event in events] == case.events


@pytest.mark.parametrize(("offer", "agreed"), [pytest.param(offer, agreed, id=id_) for id_, offer, agreed in OFFERS])
def test_what_is_agreed_on_compression(offer: str, agreed: bool) -> None:
    assert may_deflate(offer) is agreed
