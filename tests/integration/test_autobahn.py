"""The cases of the Autobahn test suite, sent to a running server: its close codes, its pongs, and that it goes on.

Our protocol does not echo, so texts are wrapped into events that nobody knows; after a case that breaks nothing an event with a
number is answered, and a close is answered with its code. Binary messages are closed with 3502: nothing on our wire is binary.
"""

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from wsproto.extensions import PerMessageDeflate

from livehub.hub.sockets.websocket import Close, Failure, Ping
from tests.hub.sockets.autobahn import CLOSE, FIN, MESSAGE_BYTES_MAX, TEXT, Case, Suite, frame, packet
from tests.integration.bare import Wire
from tests.integration.server import InProcessServer

OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]

CASES = Suite(packet).cases()
SECTIONS = sorted({case.id.split(".")[0] for case in CASES}, key=int)
LIMITS = {
    "socket_message_bytes_max": MESSAGE_BYTES_MAX // 4,
    "connects_burst_max": 10_000,
    "socket_events_burst_max": 10_000,
}
GOING_ON = b'429["leave",{"room":"nowhere"}]'


def _expected(case: Case) -> tuple[list[bytes], int | None]:
    """(pongs, close code); None: it goes on."""
    pongs = []
    for event in case.events:
        if isinstance(event, Ping):
            pongs.append(event.payload)
        elif isinstance(event, Close | Failure):
            return pongs, event.code
        elif isinstance(event, bytes):
            return pongs, 3502
    return pongs, None


async def _result(server: InProcessServer, case: Case) -> tuple[list[bytes], int | None]:
    """What the server makes of a case, chunk by chunk."""
    wire = await Wire.upgraded(server, extensions=[PerMessageDeflate()] if case.deflate else [])
    try:
        wire.say("40{}")
        assert (await wire.text()).startswith("40")
        with contextlib.suppress(ConnectionError, RuntimeError):  # it may have hung up before the last
            for chunk in case.chunks:
                wire.send(chunk)
                await asyncio.sleep(0)
        if _expected(case)[1] is not None:
            return wire.pongs, await wire.close_frame()
        wire.send(frame(FIN | TEXT, GOING_ON))
        while not (await wire.text()).startswith('439[{"ok":false'):
            pass  # a notice of the service
        wire.send(frame(FIN | CLOSE, (1001).to_bytes(2, "big")))
        assert await wire.closed() == 1001
        return wire.pongs, None
    finally:
        wire.cut()


@pytest.mark.parametrize("section", SECTIONS)
async def test_the_cases_of_a_section(section: str, open_server: OpenServer):
    async with open_server(**LIMITS) as server:
        for case in (case for case in CASES if case.id.split(".")[0] == section):
            assert await _result(server, case) == _expected(case), case.id
