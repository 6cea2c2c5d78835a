"""What a program is sent to: HLS and recording (one packaging for both), WHEP, and the slate that is kept ready for it.

    camera > RunningProgram > [output, output, output]

Outputs stand beside each other and know neither cameras nor programs. A frame goes to each of them in turn, on the event loop.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from media.frames import Frame
from media.program.slate import Slate


class Output(Protocol):
    """Takes the frames of one program."""

    def put(self, frame: Frame) -> None:
        """The next frame, in order. Returns at once."""

    def finish(self) -> None:
        """No frame follows: what is half done goes out. Returns at once."""

    async def close(self) -> None:
        """After `finish`: let go of connections and processes."""


class Outputs(Protocol):
    """Opens the outputs of programs. There is one program in a room at a time."""

    def open(self, room: str, request_keyframe: Callable[[], None]) -> Sequence[Output]:
        """Outputs for a program that begins in the room."""

    def slate(self, room: str) -> Slate | None:
        """The slate in the size of the room's picture, once it is made."""

    def end(self, room: str) -> None:
        """The room's program is over, and not only this process. Called after its outputs' `finish`."""
