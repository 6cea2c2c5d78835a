"""What the media calls take and give: cameras, the cut, recordings, clips, highlights. Shapes only."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from livehub.base.lists import PageQuery
from livehub.room.models import Card, Id, InLanguages, Title

CameraKind = Literal["whip", "rtsp", "file", "test"]
CameraState = Literal["off", "connecting", "live", "lost"]
CameraProblem = Literal[
    "unreachable", "silent", "password", "not_found", "ended",
    "codec", "b_frames", "no_keyframes", "no_picture", "unreadable", "file_gone", "defect",
]  # fmt: skip
ProgramState = Literal["none", "on", "slate", "lost"]
Ts = Annotated[int, Meta(ge=0, le=253_402_300_799_000, description="Unix milliseconds")]


class CameraRequest(Struct, frozen=True, kw_only=True):
    """A camera to be. `url`: rtsp://... or rtsps://... of an IP camera, or the name of a file in the media folder.

    `reuse`: of kind `whip`: a camera of this name that the same person added to the room, and that nobody publishes on, is
    given again with another token. So a device whose browser has forgotten its token does not leave a dead camera behind.
    """

    name: Title
    kind: CameraKind = "whip"
    reuse: bool = False
    url: Annotated[str, Meta(max_length=500)] | None = None


class Health(Struct, frozen=True, kw_only=True):
    """How a camera's picture arrives. `loss`: share of packets, 0 to 1, before what was sent again; `rtt_ms`: round trip.

    `keyframe_interval_ms`: the longest of late; a cut to a camera that sends none on request waits for as long.
    """

    bitrate_bps: int
    fps: float
    width: int
    height: int
    loss: float
    jitter_ms: float
    rtt_ms: float | None
    keyframe_age_ms: int | None
    keyframe_interval_ms: int | None = None
    audio: bool
    since_ts: int


class Camera(Struct, frozen=True, kw_only=True):
    """A camera of a room. `lost`: it sent, and has stopped. `thumbnail`: a JPEG, for staff, at most a second or two old.

    `problem`: why there is no picture, where that is known. The first five of an IP camera, which is called again; the others
    want somebody: the picture is not H.264 (`codec`), has B-frames, or there is none; its file can't be read, or has gone.
    Those are tried again, too, only less often. Only `no_keyframes` is told of a camera that is live, too: who has its picture
    keeps it, who joins sees nothing.
    """

    id: Id
    name: Title
    kind: CameraKind
    url: str | None = None
    state: CameraState
    problem: CameraProblem | None = None
    on_air: bool
    thumbnail: str
    health: Health | None = None


class CameraList(Struct, frozen=True, kw_only=True):
    """The cameras of a room. `on_air`: which one viewers see (None: the slate, or nothing); `wanted`: named by the last cut.

    `next`: the one that is cut to at its next keyframe, in about `next_in_ms` (None: not known); before there is a program,
    the one that was chosen to open it. `failed`: the camera of the last cut, which gave no keyframe in time. `program`: what
    viewers see: a camera (`on`), the slate because somebody chose it (`slate`) or no picture comes (`lost`), nothing (`none`).
    """

    cameras: list[Camera]
    on_air: Id | None = None
    wanted: Id | None = None
    next: Id | None = None
    next_in_ms: int | None = None
    failed: Id | None = None
    program: ProgramState = "none"


class CameraMade(Struct, frozen=True, kw_only=True):
    """A camera and, for kind `whip`, where it publishes to and with which token, which is shown this once."""

    camera: Camera
    whip: str | None = None
    token: str | None = None


class CutRequest(Struct, frozen=True, kw_only=True):
    """Which camera viewers shall see; `slate`: the picture that stands in for one."""

    camera: Id


class Cut(Struct, frozen=True, kw_only=True):
    """A cut that was made. `at_ts`: the moment of the program where the new picture begins.

    `waits`: it is not made yet, and waits for the camera's next keyframe, in about `in_ms` (None: not known), about at `at_ts`;
    or for the show. The list of cameras tells when it is made (`next`, `on_air`), or given up (`failed`).
    """

    camera: Id | None
    at_ts: int
    waits: bool = False
    in_ms: int | None = None


class Clip(Struct, frozen=True, kw_only=True):
    """A piece of a recording. `hls`: its playlist; `file`: the same as one MP4; both are there once it is `kept`.

    `code`, `problem`: why it `failed`, as the number and the words of a refusal.
    """

    id: Id
    recording: Id
    title: Title
    from_ts: int
    to_ts: int
    hls: str
    file: str
    poster: str | None = None
    state: Literal["kept", "making", "failed"] = "kept"
    code: int | None = None
    problem: str | None = None


class ClipList(Struct, frozen=True, kw_only=True):
    """Clips of a recording, those in the making and those that failed as well, by their beginning."""

    clips: list[Clip]


class Chapter(Struct, frozen=True, kw_only=True):
    """From `at_ts` on a product is explained."""

    at_ts: int
    card: Card


class Recording(Struct, frozen=True, kw_only=True):
    """One show, recorded. `ended_ts` None: it goes on, and `chapters` are those so far. `bytes`: on disk.

    `titles`: the room's by language, while the title is the room's.
    """

    id: Id
    room: str
    title: str
    started_ts: int
    ended_ts: int | None
    duration_ms: int
    bytes: int
    hls: str
    poster: str | None = None
    clips: list[Clip] = []
    chapters: list[Chapter] = []
    titles: InLanguages | UnsetType = UNSET


class RecordingList(Struct, frozen=True, kw_only=True):
    """Recordings of a room, newest first. `clips`: those whose recording is gone."""

    recordings: list[Recording]
    clips: list[Clip] = []


class ClipRequest(Struct, frozen=True, kw_only=True):
    """Which piece to keep. It begins at the last keyframe at or before `from_ts` and ends with the picture at `to_ts`."""

    title: Title
    from_ts: Ts
    to_ts: Ts


class ReplayChatQuery(PageQuery, frozen=True, kw_only=True):
    """Lines shown from `from_ts` until before `to_ts` (Unix ms); without them, from the beginning, and for ten minutes. Ask for
    the same stretches as others do, and caches answer.
    """

    from_ts: Ts | None = None
    to_ts: Ts | None = None


class Highlight(Struct, frozen=True, kw_only=True):
    """A stretch that the room's own signals point at. `score`: times the usual; `reasons`: which signals rose, e.g. `likes`."""

    from_ts: int
    to_ts: int
    score: float
    reasons: list[Literal["likes", "chat", "orders", "pin", "quiz", "coupon"]]


class HighlightList(Struct, frozen=True, kw_only=True):
    """Proposed clips, best first."""

    highlights: list[Highlight]
