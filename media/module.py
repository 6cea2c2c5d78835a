"""Media as a module: its calls are answered by the process with the role MEDIA; others hand them over."""

from collections.abc import Sequence
from pathlib import Path

from aiohttp import web
from msgspec import Struct

from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.http import HttpEdge
from livehub.base.module import Context, Module, Part, ProcessRole, Retention, defined_in, kept_for
from livehub.base.sql import queries
from livehub.hub.hub import Hub
from livehub.hub.rooms.room_orders import RoomOrders
from media import errors, schemas
from media.person_tables import PERSON_TABLES
from media.room_messages import CONTROL_MESSAGES
from media.settings import MediaConfig

Q = queries(__file__, "retention.sql")
OF_ROOMS = queries(__file__, "rooms.sql")
UNMADE_MS = 86_400_000  # what a clip that was not made failed with is told for this time
SILENT_MS = 86_400_000  # a recording that no process has told of for this time has ended


class Media(Part):
    """Cameras, programs and recordings.

    They go by real time, wherever business time is: what a camera sends, PROGRAM-DATE-TIME, the moments of a recording and the
    `ts` of what is said of the picture are of one clock. Where `demo` has moved business time, chapters lie elsewhere than
    the pins that they are made of, and highlights know of no orders.
    """

    def __init__(self, context: Context) -> None:
        from media.node import MediaNode  # noqa: PLC0415  # a process without media need not have its packages

        self.node = MediaNode(
            context.config(MediaConfig),
            context.database,
            context.get(Hub),
            edge=context.get(HttpEdge),
            orders=lambda: context.port(RoomOrders),
            now_s=context.clock.real_s,
        )

    def endpoints(self) -> Sequence[Endpoint]:
        """Calls about cameras, recordings and clips."""
        return self.node.endpoints()

    def attach(self, app: web.Application) -> None:
        """WHIP, WHEP, HLS, files and pictures."""
        self.node.add(app)

    async def start(self) -> None:
        """Listen for media."""
        await self.node.start()

    async def stop(self) -> None:
        """End everything."""
        await self.node.stop()


MEDIA = Module(
    name="media",
    build=Media,
    roles=frozenset({ProcessRole.MEDIA}),
    home=ProcessRole.MEDIA,
    paths=(
        "/media/{rest:.*}",
        "/live/{rest:.*}",
        "/api/rooms/{room}/cameras{rest:(/.*)?}",
        "/api/rooms/{room}/cut",
        "/api/rooms/{room}/recordings",
        "/api/recordings/{rest:.*}",
        "/api/clips/{rest:.*}",
    ),
    settings=MediaConfig,
    errors=defined_in(errors, LivehubError),
    migrations=Path(__file__).parent / "migrations",
    control_messages=CONTROL_MESSAGES,
    person_tables=PERSON_TABLES,
    retention=(
        Retention(
            table="recordings",
            query=Q["end_recordings"],
            arguments=lambda _settings, now_ms: [now_ms - SILENT_MS],
            in_real_time=True,
        ),
        Retention(
            table="recordings",
            query=Q["let_recordings_go"],
            arguments=lambda settings, now_ms: [*kept_for(MediaConfig, "recordings_kept_s")(settings, now_ms), now_ms],
            in_real_time=True,
        ),
        Retention(
            table="clips",
            query=Q["let_clips_go"],
            arguments=lambda settings, now_ms: [*kept_for(MediaConfig, "clips_kept_s")(settings, now_ms), now_ms],
            in_real_time=True,
        ),
        Retention(
            table="clips",
            query=Q["let_unmade_clips_go"],
            arguments=lambda _settings, now_ms: [now_ms - UNMADE_MS, now_ms],
            in_real_time=True,
        ),
        Retention(
            table="room_signals",
            query=Q["forget_signals"],
            arguments=kept_for(MediaConfig, "recordings_kept_s"),
            in_real_time=True,
        ),
    ),
    schemas=defined_in(schemas, Struct),
    of_rooms={"recording": OF_ROOMS["room_of_recording"], "clip": OF_ROOMS["room_of_clip"]},
)
