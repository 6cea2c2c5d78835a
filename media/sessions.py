"""The WebRTC sessions of this process, over HTTP: WHIP for cameras, WHEP for viewers. See rtc/resource.py for the protocol."""

import asyncio
import time
from collections.abc import Callable

from aiohttp import web

from livehub.base.auth import Identity, Permission, require
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.errors import (
    BadToken,
    CameraBusy,
    CameraNotFound,
    CamerasFull,
    MediaSessionNotFound,
    NoPicture,
    PlayersFull,
    TooFast,
    Unauthenticated,
)
from livehub.base.http import client_address
from livehub.base.limits import RateLimiter
from livehub.base.metrics import WATCHED
from media.ingest import cameras
from media.ingest.camera import LiveCamera
from media.ingest.cameras import StoredCamera
from media.ingest.publisher import Publisher
from media.rtc import resource
from media.rtc.dtls import Certificate
from media.rtc.peer import Peer
from media.rtc.port import Port
from media.rtc.sdp import Offer, read_offer
from media.whep.fan import Fan
from media.whep.viewer import Viewer

RETRY_MS = 1_000


class Sessions:
    """See the module. `camera_for`: the live camera of a stored one. `fan_of(room, camera)`: what a viewer asks for."""

    def __init__(
        self,
        config: Config,
        database: Database,
        port: Port,
        certificate: Certificate,
        *,
        identify: Callable[[web.Request], Identity | None],
        camera_for: Callable[[StoredCamera], LiveCamera],
        fan_of: Callable[[str, str | None], Fan | None],
    ) -> None:
        self._config = config
        self._database = database
        self._port = port
        self._certificate = certificate
        self._identify = identify
        self._camera_for = camera_for
        self._fan_of = fan_of
        self._publishers: dict[str, tuple[str, Publisher, Peer]] = {}  # session id -> camera id, ...
        self._viewers: dict[str, tuple[Viewer, Peer]] = {}
        self._limit = RateLimiter(
            per_s_max=config.media_sessions_per_s_max,
            burst_max=config.media_sessions_burst_max,
            keys_max=config.limiter_keys_max,
        )
        WATCHED.watch("livehub_media_publishers", "Publishers by WebRTC", lambda: len(self._publishers))
        WATCHED.watch("livehub_media_viewers", "Viewers by WebRTC", lambda: len(self._viewers))

    def add(self, app: web.Application) -> None:
        """Route them."""
        whip, whep, session = "/media/whip/{camera}", "/media/whep/{room}", "/media/sessions/{session}"
        app.router.add_post(whip, self._publish)
        app.router.add_post(whep, self._play)
        app.router.add_post(f"{whep}/{{camera}}", self._preview)
        app.router.add_patch(f"{whip}/{{session}}", self._patch_publisher)
        app.router.add_delete(f"{whip}/{{session}}", self._end_publisher)
        app.router.add_patch(session, self._patch_viewer)
        app.router.add_delete(session, self._end_viewer)
        for path in (whip, whep, f"{whep}/{{camera}}", f"{whip}/{{session}}", session):
            app.router.add_options(path, self._options)

    async def stop(self) -> None:
        """End all sessions."""
        peers = [peer for _, _, peer in self._publishers.values()] + [peer for _, peer in self._viewers.values()]
        await asyncio.gather(*(peer.close() for peer in peers))

    async def end_camera(self, camera: str) -> None:
        """End the session of a camera that was removed or got another token."""
        for id_, _, peer in list(self._publishers.values()):
            if id_ == camera:
                await peer.close()

    # --- WHIP ---

    async def _publish(self, request: web.Request) -> web.Response:
        token = _bearer(request)
        async with self._database.connection() as connection:
            stored = await cameras.publishing(connection, request.match_info["camera"], token)
        # After the token, so that nobody can use up a camera's share from the address that it shares with them.
        self._limited(request)
        text = await resource.read_sdp(request, self._config)
        offer = read_offer(text, sends=True)
        camera = self._camera_for(stored)
        await self._make_way(camera)
        if len(self._publishers) >= min(self._config.cameras_max, self._config.media_peers_max):
            raise CamerasFull
        peer = self._publisher(camera, offer)
        location = f"/media/whip/{camera.id}/{peer.id}"
        answer = peer.answer(start_bitrate_kbps=self._config.camera_bitrate_max_bps // 1000)
        return resource.created(peer, location, answer, self._config)

    def _publisher(self, camera: LiveCamera, offer: Offer) -> Peer:
        def gone() -> None:
            self._publishers.pop(peer.id, None)

        publisher = Publisher(self._config, camera, offer, gone)
        peer = Peer(self._config, self._port, self._certificate, offer, publisher)
        publisher.peer = peer
        self._publishers[peer.id] = (camera.id, publisher, peer)
        camera.attach(publisher)
        return peer

    async def _make_way(self, camera: LiveCamera) -> None:
        """One session per camera. A silent one makes way, so that a phone that lost its session is back soon.

        Raises CameraBusy.
        """
        while held := [peer for id_, _, peer in self._publishers.values() if id_ == camera.id]:
            now_s = asyncio.get_running_loop().time()
            silent_s = min(camera.silent_for_s(now_s), *(now_s - peer.heard_s for peer in held))
            if silent_s < self._config.camera_makes_way_s:
                raise CameraBusy(retry_after_ms=int((self._config.camera_makes_way_s - silent_s) * 1000) + 1)
            # Closing waits, so look again afterwards: of two who come at once, one wins.
            await asyncio.gather(*(peer.close() for peer in held))

    async def _patch_publisher(self, request: web.Request) -> web.Response:
        return await resource.patch(request, await self._own_publisher(request), self._config)

    async def _end_publisher(self, request: web.Request) -> web.Response:
        peer = await self._own_publisher(request)
        await peer.close()
        return resource.ended()

    async def _own_publisher(self, request: web.Request) -> Peer:
        token = _bearer(request)
        async with self._database.connection() as connection:
            stored = await cameras.publishing(connection, request.match_info["camera"], token)
        known = self._publishers.get(request.match_info["session"])
        if known is None or known[0] != stored.id:
            raise MediaSessionNotFound
        return known[2]

    # --- WHEP ---

    async def _play(self, request: web.Request) -> web.Response:
        self._identify(request)  # whoever shows a token shows a good one
        return await self._watch(request, None)

    async def _preview(self, request: web.Request) -> web.Response:
        require(self._identify(request), Permission.RUN_SHOWS)
        return await self._watch(request, request.match_info["camera"])

    async def _watch(self, request: web.Request, camera: str | None) -> web.Response:
        self._limited(request)
        offer = read_offer(await resource.read_sdp(request, self._config), sends=False)
        if len(self._viewers) >= self._config.whep_viewers_max or self._peers >= self._config.media_peers_max:
            raise PlayersFull(retry_after_ms=30 * RETRY_MS)
        fan = self._fan_of(request.match_info["room"], camera)
        if fan is None:
            raise NoPicture if camera is None else CameraNotFound

        def gone(_viewer: Viewer) -> None:
            self._viewers.pop(peer.id, None)

        viewer = fan.viewer(offer, gone)
        peer = Peer(self._config, self._port, self._certificate, offer, viewer)
        viewer.peer = peer
        self._viewers[peer.id] = (viewer, peer)
        answer = peer.answer(sources=fan.sources())
        return resource.created(peer, f"/media/sessions/{peer.id}", answer, self._config)

    async def _patch_viewer(self, request: web.Request) -> web.Response:
        return await resource.patch(request, self._viewer(request), self._config)

    async def _end_viewer(self, request: web.Request) -> web.Response:
        await self._viewer(request).close()
        return resource.ended()

    def _viewer(self, request: web.Request) -> Peer:
        """The session's address cannot be guessed; whoever has it began it."""
        known = self._viewers.get(request.match_info["session"])
        if known is None:
            raise MediaSessionNotFound
        return known[1]

    async def _options(self, _request: web.Request) -> web.Response:
        return resource.options(self._config)

    # --- bounds ---

    @property
    def _peers(self) -> int:
        return len(self._publishers) + len(self._viewers)

    def _limited(self, request: web.Request) -> None:
        wait_s = self._limit.wait_s(client_address(request, trust_proxy=self._config.trust_proxy), time.time())
        if wait_s:
            raise TooFast(retry_after_ms=int(wait_s * 1000) + 1)


def _bearer(request: web.Request) -> str:
    """The camera's token. Raises Unauthenticated, BadToken."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        raise Unauthenticated("Send the camera's token.")
    if scheme.lower() != "bearer" or not token.strip():
        raise BadToken
    return token.strip()
