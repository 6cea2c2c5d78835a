"""A process of a newer version: ours of today, with a control message that older ones do not know.

python -m tests.integration.toy_worker worker --port ...       as `python -m livehub worker --port ...`
"""

import sys
from collections.abc import Sequence

from msgspec import Struct

from livehub import app
from livehub.__main__ import main
from livehub.base.auth import Permission
from livehub.base.control import Bounds, ControlMessage, RoomPart
from livehub.base.endpoints import Call, Endpoint, post
from livehub.base.module import Context, Module, Part
from livehub.commands import terminal
from livehub.hub.hub import Hub
from livehub.hub.rooms.api import placed
from livehub.hub.rooms.schemas import Placed
from livehub.room.errors import RoomNotFound


class Toys(Struct, frozen=True, kw_only=True):
    """What is on show."""

    toys: tuple[str, ...] = ()


class ToyBoxes(Struct, frozen=True, kw_only=True):
    """What servers alone know."""

    toy_boxes: dict[str, int] = {}


class ToyShown(Struct, frozen=True, kw_only=True, tag_field="type", tag="toy"):
    """One more toy."""

    name: str


class ToyBoxed(Struct, frozen=True, kw_only=True, tag_field="type", tag="toy_box"):
    """Where toys are."""

    box: str


def _shown(part: Toys, data: ToyShown, _ts: int, _bounds: Bounds) -> Toys:
    return Toys(toys=(*part.toys, data.name))


def _boxed(part: ToyBoxes, data: ToyBoxed, _ts: int, _bounds: Bounds) -> ToyBoxes:
    return ToyBoxes(toy_boxes={**part.toy_boxes, data.box: len(part.toy_boxes)})


TOYS = RoomPart(Toys)
TOY_BOXES = RoomPart(ToyBoxes, is_public=False)
CONTROL_MESSAGES = (ControlMessage(ToyShown, TOYS, _shown), ControlMessage(ToyBoxed, TOY_BOXES, _boxed))


class ToyRequest(Struct, frozen=True, kw_only=True):
    """A toy, and the box it is in."""

    name: str
    box: str


class ToyApi(Part):
    """Shows toys."""

    def __init__(self, context: Context) -> None:
        self._log = context.get(Hub).controls

    def endpoints(self) -> Sequence[Endpoint]:
        path = "/api/rooms/{room}/toys"
        return [post(path, self.show, may=Permission.RUN_SHOWS, body=ToyRequest, reply=Placed, errors=(RoomNotFound,))]

    async def show(self, call: Call[ToyRequest]) -> Placed:
        """Show a toy."""
        room = await self._log.lock_room(call.tx, call.path["room"])
        await self._log.write(room, ToyBoxed(box=call.body.box), now_ms=call.now_ms)
        return placed(await self._log.write(room, ToyShown(name=call.body.name), now_ms=call.now_ms))


TOY_MODULE = Module(name="toys", build=ToyApi, control_messages=CONTROL_MESSAGES)

if __name__ == "__main__":
    vars(terminal)["MODULES"] = (*app.MODULES, TOY_MODULE)
    sys.exit(main(sys.argv[1:]))
