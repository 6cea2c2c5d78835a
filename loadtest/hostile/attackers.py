"""The attackers. Each goes on until it is cancelled, and comes back when it is thrown out; ATTACKERS names them all.

Where a refusal says when to come again, they do not care.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial

from msgspec import Struct

from loadtest.frames import TEXT, masked
from loadtest.hostile.wire import HUNG_UP, READ_BYTES, Got, Target, joining, wire

BACK_AFTER_S = 0.2
SMALL_BUFFER_BYTES = 4_096
REJOINS_PER_S = 18.0  # just below the limit of events; a snapshot each: far more to be read than a viewer would ask for
LIKES_PER_S = 10_000
BEAT_S = 0.05
SOCKETS = 1_000
AT_ONCE = 64
READ_EVERY_S = 1.0  # so that holding the sockets costs the machine little but what the server spends
MESSAGE_BYTES = 100_000_000
PIECE_BYTES = 65_536
PIECES_PER_S = 800  # 50 MB a second, a fast line; on loopback more would only take the processor from everybody
LIES = (
    '{"epoch":"nobody","offset":1}',
    '{"epoch":"%s","offset":999999999}',
    '{"epoch":"%s","offset":-1}',
    '{"epoch":"%s","offset":1e300}',
    '{"epoch":"%s","offset":"7"}',
    '{"epoch":["%s"],"offset":0}',
    '"%s"',
)
LIES_PER_S = 10.0

Attack = Callable[[Target, Got], Awaitable[None]]


class Attacker(Struct, frozen=True):
    """`count` of them at a time; `what` says what each does."""

    what: str
    count: int
    attack: Attack


async def _never_reads(target: Target, got: Got) -> None:
    async with wire(target, got, receive_buffer_bytes=SMALL_BUFFER_BYTES) as one:
        await one.enter(target)
        while True:
            await one.say(joining(target.room))
            await asyncio.sleep(1 / REJOINS_PER_S)


async def _reads_a_byte_a_second(target: Target, got: Got) -> None:
    async with wire(target, got, receive_buffer_bytes=SMALL_BUFFER_BYTES) as one:
        await one.enter(target)
        async with asyncio.TaskGroup() as group:
            group.create_task(_ask_for_more(partial(one.say, joining(target.room))))
            while True:
                await one.hear(1)
                await asyncio.sleep(1.0)


async def _ask_for_more(ask: Callable[[], Awaitable[None]]) -> None:
    while True:
        await ask()
        await asyncio.sleep(1 / REJOINS_PER_S)


async def _likes_without_end(target: Target, got: Got) -> None:
    async with wire(target, got) as one:
        await one.enter(target)
        like = masked(TEXT, f'427["like",{{"room":"{target.room}","n":1}}]'.encode())
        hearing = asyncio.get_running_loop().create_task(one.hear_all())
        try:
            due, started_s = 0, time.monotonic()
            while not hearing.done():
                count = int((time.monotonic() - started_s) * LIKES_PER_S) - due
                due += count
                got.messages += count
                await one.send(like * count)
                await asyncio.sleep(BEAT_S)
        finally:
            hearing.cancel()
            await asyncio.wait([hearing])
            if not hearing.cancelled():
                hearing.exception()  # it is counted


async def _many_sockets(target: Target, got: Got) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one_of_them() -> None:
        async with wire(target, got) as one:
            async with gate:
                await one.enter(target)
            while True:
                await one.hear()
                await asyncio.sleep(READ_EVERY_S)

    await asyncio.gather(*(one_of_them() for _ in range(SOCKETS)))


async def _half_a_frame(target: Target, got: Got) -> None:
    async with wire(target, got) as one:
        await one.enter(target)
        whole = masked(TEXT, f'42["chat",{{"room":"{target.room}","text":"{"x" * 500}"}}]'.encode())
        await one.send(whole[: len(whole) // 2])
        await one.hear_all()


async def _half_a_request(target: Target, got: Got) -> None:
    async with wire(target, got) as one:
        await one.send(b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: livehub\r\nUpgr")
        await one.hear_all()


async def _never_connects(target: Target, got: Got) -> None:
    async with wire(target, got) as one:
        await one.upgrade(target)
        await one.hear_all()


async def _huge_message(target: Target, got: Got) -> None:
    async with wire(target, got) as one:
        await one.enter(target)
        got.messages += 1
        await one.send(b"\x81\xff" + MESSAGE_BYTES.to_bytes(8, "big") + bytes(4))
        hearing = asyncio.get_running_loop().create_task(one.hear_all())
        try:
            for _ in range(MESSAGE_BYTES // PIECE_BYTES):
                await one.send(b"x" * PIECE_BYTES)
                await asyncio.sleep(1 / PIECES_PER_S)
        finally:
            await asyncio.wait([hearing], timeout=1.0)
            hearing.cancel()
            await asyncio.wait([hearing])
            if not hearing.cancelled():
                hearing.exception()


async def _lies_about_its_offset(target: Target, got: Got) -> None:
    async with wire(target, got) as one:
        await one.enter(target)
        number = 0
        while True:
            lie = LIES[number % len(LIES)].replace("%s", target.room)
            number += 1
            await one.say(joining(target.room, since=lie))
            while not any(text.startswith(b"43") for text in await one.hear(READ_BYTES)):
                pass
            await asyncio.sleep(1 / LIES_PER_S)


ATTACKERS = {
    "never reads": Attacker("joins eighteen times a second and reads nothing", 10, _never_reads),
    "reads a byte a second": Attacker(
        "joins eighteen times a second and reads a byte a second", 10, _reads_a_byte_a_second
    ),
    "10,000 likes a second": Attacker(
        "sends as many like messages, asking to have each acknowledged", 1, _likes_without_end
    ),
    "1,000 sockets": Attacker("opens as many from one address, and stays on those that are let in", 1, _many_sockets),
    "half a frame": Attacker("sends half a chat line and waits", 10, _half_a_frame),
    "half a request": Attacker("sends half an HTTP request and waits", 10, _half_a_request),
    "never connects": Attacker("opens the WebSocket and says nothing", 10, _never_connects),
    "100 MB message": Attacker("announces a message of 100 MB and sends it", 1, _huge_message),
    "lies about its offset": Attacker(
        "asks ten times a second to go on from where nobody was", 10, _lies_about_its_offset
    ),
}


async def attacking(name: str, target: Target, got: Got) -> None:
    """As many of the attackers of this name as there are, until cancelled."""
    attacker = ATTACKERS[name]

    async def one() -> None:
        while True:
            try:
                await attacker.attack(target, got)
            except (OSError, *HUNG_UP):
                got.count("refused", "no connection")
            except ExceptionGroup:  # of a task group: the server hung up, which is counted
                pass
            await asyncio.sleep(BACK_AFTER_S)

    await asyncio.gather(*(one() for _ in range(attacker.count)))
