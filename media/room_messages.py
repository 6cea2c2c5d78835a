"""What is said about the picture: which camera the room sees. Pure: no I/O, no clock."""

from typing import Literal

from msgspec import Struct

from livehub.base.control import Bounds, ControlMessage, RoomPart

ProgramReason = Literal["cut", "lost", "back", "start", "end"]


class Program(Struct, frozen=True, kw_only=True):
    """The picture viewers see since `since_ts`: a camera's, or (`camera` None) the slate that stands in for one.

    `state`: `on`, a camera's picture; `slate`, which a person chose; `lost`, the slate because no picture comes of the camera.
    A room whose show is live and that has no program shows nothing: no camera has sent yet.

    `hls`: its master playlist (LL-HLS). `whep`: where to play it with less delay by WebRTC (WHEP), if there is room.
    """

    camera: str | None
    name: str = ""
    state: Literal["on", "slate", "lost"] = "on"
    since_ts: int
    hls: str
    whep: str | None = None


class Picture(Struct, frozen=True, kw_only=True):
    """What plays; None while there is no picture."""

    program: Program | None = None


PICTURE = RoomPart(Picture)


def master_playlist(room: str) -> str:
    """Where the picture of a room is played by HLS, whatever it shows."""
    return f"/live/{room}/index.m3u8"


class CameraSwitched(Struct, frozen=True, kw_only=True, tag_field="type", tag="camera"):
    """Another picture is shown, or none (`program` null); by a person (`cut`), or for a camera's signal (`lost`, `back`)."""

    program: Program | None
    reason: ProgramReason


def _switched(_part: Picture, data: CameraSwitched, _ts: int, _bounds: Bounds) -> Picture:
    return Picture(program=data.program)


CONTROL_MESSAGES = (ControlMessage(CameraSwitched, PICTURE, _switched),)
