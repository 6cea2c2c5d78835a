"""The media of one process, put together: cameras, programs, their outputs, recordings, and the HTTP of all of them.

cameras (ingest)  >  programs  >  outputs (hls and record, whep, slate)
sessions (WHIP, WHEP over one UDP port)     studio (what staff do)     status publisher (what rooms are told)
"""

import asyncio
import time
from collections.abc import Callable

from aiohttp import web

from livehub.base.db import Database
from livehub.base.endpoints import Endpoint
from livehub.base.http import HttpEdge
from livehub.hub.hub import Hub
from livehub.hub.rooms.room_orders import RoomOrders
from media.camera_api import CameraApi
from media.clips.api import ClipApi
from media.cors import add_preflights
from media.hls.origin import Origin
from media.ingest.registry import CameraRegistry
from media.ingest.thumbnails import Thumbnails
from media.metrics import watch_cameras, watch_counters
from media.outputs import ProgramOutputs
from media.previews import Previews
from media.program.programs import Programs
from media.program.status_publisher import StatusPublisher
from media.record.recordings import Recordings
from media.rtc.dtls import Certificate
from media.rtc.udp_mux import UdpMux
from media.sessions import Sessions
from media.settings import MediaConfig
from media.studio import Studio


class MediaNode:
    """Only wires; what goes on is in the parts."""

    def __init__(
        self,
        config: MediaConfig,
        database: Database,
        hub: Hub,
        *,
        edge: HttpEdge,
        orders: Callable[[], RoomOrders | None] = lambda: None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self.mux = UdpMux(config)
        self.cameras = CameraRegistry(config)
        self.recordings = Recordings(config, database, hub, orders=orders, now_s=now_s)
        self._origin = Origin(config, self.recordings.segment_path)
        self._outputs = ProgramOutputs(config, self.mux, self._origin, self.recordings)
        self._publisher = StatusPublisher(database, hub, self._outputs.is_published, now_s=now_s)
        self.programs = Programs(
            config, database, hub, cameras=self.cameras, outputs=self._outputs, publisher=self._publisher
        )
        self._previews = Previews(config, self.mux)
        self.sessions = Sessions(
            config,
            database,
            self.mux,
            Certificate.generateCertificate(),
            edge=edge,
            cameras=self.cameras,
            programs=self._outputs,
            previews=self._previews,
        )
        self.studio = Studio(
            config,
            database,
            hub,
            cameras=self.cameras,
            programs=self.programs,
            previews=self._previews,
            sessions=self.sessions,
            now_s=now_s,
        )
        self._thumbnails = Thumbnails(edge.require_in_room, self.cameras, self._on_air)
        self._camera_api = CameraApi(config, database, self.studio)
        self._clip_api = ClipApi(config, database, self.recordings)
        watch_counters()
        watch_cameras(self.cameras, lambda: asyncio.get_running_loop().time())

    def endpoints(self) -> list[Endpoint]:
        return [*self._camera_api.endpoints(), *self._clip_api.endpoints()]

    def add(self, app: web.Application) -> None:
        self.sessions.add(app)
        self._origin.add(app)
        self.recordings.add(app)
        self._thumbnails.add(app)
        add_preflights(app)

    def _on_air(self, room: str) -> str | None:
        program = self.programs.running.get(room)
        return program.mix.on_air if program is not None and self._outputs.is_published(room) else None

    async def start(self) -> None:
        """Listen for media. Raises OSError when the UDP port is taken."""
        self.mux.open()
        await self.recordings.start()
        self._publisher.start()
        self.programs.start()
        self.studio.start()
        await self._clip_api.start()

    async def stop(self) -> None:
        """End all sessions; programs, recordings and clips in the making go on in the next process."""
        await self._clip_api.stop()
        await self.studio.stop()
        await self._camera_api.stop()
        await self._publisher.stop()
        await self.sessions.stop()
        await self.programs.stop()
        await self._previews.close()
        await self.recordings.stop()
        self.mux.close()
