"""One process of the crowd: `python -m loadtest.crowdprocess`. It is told what to do on standard input, a line of JSON each.

The first line is a crowd.Plan. Then come Commands, each answered by a Reply of the same number as soon as it is done; every
second, unasked, a Reply with number 0 carries what was heard in it. It ends when its standard input does.
"""

import asyncio
import gc
import resource
import sys
import time
from typing import Literal

import msgspec
import uvloop
from msgspec import Struct

from loadtest.crowd import Crowd, Plan
from loadtest.hearing import Figures
from loadtest.sale.taps import Tapped, Taps, tap
from loadtest.talk import Said, Talk, talk

PAUSE_S = 0.002  # between looks at the sockets; latencies are longer by half of it on average
LINE_BYTES_MAX = 16_000_000  # a plan with its tokens


class Command(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to do. `enter`: per_s, at_once. `behind`: epoch, offset. `talk`: talk. `tap`: taps. Others: nothing more."""

    number: int
    do: Literal["enter", "cut", "behind", "talk", "tap", "figures"]
    per_s: float = 0.0
    at_once: int = 64
    epoch: str = ""
    offset: int = 0
    talk: Talk | None = None
    taps: Taps | None = None


class Reply(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Done. `count`: viewers in the room after `enter`, or who are `behind`. `figures`: since the last such reply.

    `tapped`: one for each viewer, in their order.
    """

    number: int
    count: int = 0
    figures: Figures | None = None
    said: Said | None = None
    tapped: list[Tapped] | None = None


_commands = msgspec.json.Decoder(Command)


class CrowdProcess:
    """Does what the lines say."""

    def __init__(self, crowd: Crowd, out: asyncio.WriteTransport) -> None:
        self._crowd = crowd
        self._out = out

    async def obey(self, lines: asyncio.StreamReader) -> None:
        """Until the lines end. What goes wrong in a command ends all of it, and the process with it."""
        async with asyncio.TaskGroup() as group:
            running = {group.create_task(self._tell_every_second())}
            while line := await lines.readline():
                task = group.create_task(self._do(_commands.decode(line)))
                running.add(task)
                task.add_done_callback(running.discard)
            for task in tuple(running):
                task.cancel()
        self._crowd.close()

    async def _do(self, command: Command) -> None:
        crowd, number = self._crowd, command.number
        if command.do == "enter":
            count = await crowd.enter(per_s=command.per_s, at_once=command.at_once)
            gc.collect()
            self._say(Reply(number=number, count=count))
        elif command.do == "cut":
            crowd.cut()
            self._say(Reply(number=number))
        elif command.do == "behind":
            self._say(Reply(number=number, count=crowd.behind(command.epoch, command.offset)))
        elif command.do == "figures":
            self._say(Reply(number=number, figures=crowd.figures(int(time.time()) + 1)))
        elif command.talk is not None:
            self._say(Reply(number=number, said=await talk(crowd, command.talk)))
        elif command.taps is not None:
            self._say(Reply(number=number, tapped=await tap(crowd, command.taps)))

    async def _tell_every_second(self) -> None:
        second = int(time.time())
        while True:
            second = max(second, int(time.time())) + 1  # a timer may fire a little before its second is over
            await asyncio.sleep(second - time.time())
            self._say(Reply(number=0, figures=self._crowd.figures(second)))

    def _say(self, reply: Reply) -> None:
        self._out.write(msgspec.json.encode(reply) + b"\n")


def _look_again(loop: asyncio.AbstractEventLoop, crowd: Crowd) -> None:
    """Sleep a little and have the loop look at its sockets, for ever; while viewers come in, don't sleep.

    A loop that waits in epoll is woken for the first frame of a tick, by the server inside its send(2), then for the next few,
    and so on: thousands of switches of task for one tick, paid by both. One that sleeps finds them all there at once.
    """
    if crowd.entering:
        loop.call_later(PAUSE_S, _look_again, loop, crowd)
    else:
        time.sleep(PAUSE_S)
        loop.call_soon(_look_again, loop, crowd)


async def _run() -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=LINE_BYTES_MAX)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    out, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, sys.stdout)
    plan = msgspec.json.decode(await lines.readline(), type=Plan)
    crowd = Crowd(plan)
    loop.call_soon(_look_again, loop, crowd)
    await CrowdProcess(crowd, out).obey(lines)


def main() -> None:
    """Run until told to end."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    gc.disable()  # with so many objects a full collection stops everything for long; it is run after each entrance
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run())


if __name__ == "__main__":
    main()
