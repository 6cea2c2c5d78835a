"""The WebRTC sessions of this process, over HTTP: WHIP for cameras, WHEP for viewers. See rtc/resource.py for the protocol."""

import asyncio
import time
from typing import Protocol

from aiohttp import web

from livehub.base.addresses import client_network
from livehub.base.auth import Permission
from livehub.base.bodies import ClientGone
from livehub.base.bounds import Bound, bounded
from livehub.base.db import Database
from livehub.base.errors import BadToken, TooFast, Unauthenticated
from livehub.base.http import HttpEdge
from livehub.base.limits import RateLimiter, check_wait, retry_after_ms
from livehub.base.metrics import CALLBACKS
from media.cors import open_to_pages
from media.errors import CameraBusy, CameraNotFound, CamerasFull, MediaSessionNotFound, NoPicture, PlayersFull
from media.ingest.camera import LiveCamera
from media.ingest.cameras import StoredCamera, publishing, publishing_held
from media.ingest.publisher import Publisher
from media.ingest.registry import CameraRegistry
from media.previews import Previews
from media.rtc import resource
from media.rtc.dtls import Certificate
from media.rtc.sdp import Offer, read_offer
from media.rtc.session import RtcSession
from media.rtc.udp_mux import UdpMux
from media.settings import MediaConfig
from media.whep.broadcaster import Broadcaster
from media.whep.viewer import Viewer

JOINING = "sessions are bounded here by address (media_sessions_per_s_max), after the camera's token, which is none of a person"
RETRY_MS = 1_000
IN_FLIGHT_S = 0.5  # packets of a publisher that has just gone may arrive after its next request
MAKES_WAY_WAIT_S_MAX = 5.0  # a request for a camera that is taken is held; OBS waits for 8 s


class ProgramBroadcasters(Protocol):
    """The programs of this process, as far as viewers join them."""

    def broadcaster(self, room: str) -> Broadcaster | None:
        """That of the room's program, while one runs."""


class Sessions:
    """`programs`: what viewers of rooms join; `previews`: what staff join to watch one camera."""

    def __init__(
        self,
        config: MediaConfig,
        database: Database,
        mux: UdpMux,
        certificate: Certificate,
        *,
        edge: HttpEdge,
        cameras: CameraRegistry,
        programs: ProgramBroadcasters,
        previews: Previews,
    ) -> None:
        self._config = config
        self._database = database
        self._mux = mux
        self._certificate = certificate
        self._edge = edge
        self._cameras = cameras
        self._programs = programs
        self._previews = previews
        self._publishers: dict[str, tuple[str, Publisher, RtcSession]] = {}  # session id -> camera id, ...
        self._viewers: dict[str, tuple[Viewer, RtcSession, str]] = {}  # ..., network
        self._limit = RateLimiter(
            per_s_max=config.media_sessions_per_s_max,
            burst_max=config.media_sessions_burst_max,
            keys_max=config.limiter_keys_max,
        )
        CALLBACKS.watch("livehub_media_publishers", "Publishers by WebRTC", lambda: len(self._publishers))
        CALLBACKS.watch("livehub_media_viewers", "Viewers by WebRTC", lambda: len(self._viewers))
        CALLBACKS.watch("livehub_media_viewers_loss_ratio", "Mean loss that viewers report", self._loss)

    def add(self, app: web.Application) -> None:
        whip, whep, session = "/media/whip/{camera}", "/media/whep/{room}", "/media/sessions/{session}"
        app.router.add_post(whip, self._publish)
        app.router.add_post(whep, self._play)
        app.router.add_post(f"{whep}/{{camera}}", self._preview)
        app.router.add_patch(f"{whip}/{{session}}", self._patch_publisher)
        app.router.add_delete(f"{whip}/{{session}}", self._end_publisher)
        app.router.add_patch(session, self._patch_viewer)
        app.router.add_delete(session, self._end_viewer)
        app.router.add_get(f"{whip}/{{session}}", self._get_publisher)
        app.router.add_get(session, self._get_viewer)
        for path in (whip, whep, f"{whep}/{{camera}}"):
            app.router.add_get(path, self._get_endpoint)
        for path in (whip, whep, f"{whep}/{{camera}}", f"{whip}/{{session}}", session):
            app.router.add_options(path, self._options)
        open_to_pages(app)

    async def stop(self) -> None:
        sessions = [session for _, _, session in self._publishers.values()] + [
            session for _, session, _ in self._viewers.values()
        ]
        await asyncio.gather(*(session.close() for session in sessions))

    async def end_camera(self, camera: str) -> None:
        """End the session of a camera that was removed or got another token."""
        for session in self._held(camera):
            await session.close()

    # --- WHIP ---

    @bounded(Bound.NONE, why=JOINING)
    async def _publish(self, request: web.Request) -> web.Response:
        stored = await self._allowed(request)
        # After the token, so that nobody can use up a camera's share from the address that it shares with them.
        self._limited(request)
        text = await resource.read_sdp(request, self._config)
        offer = read_offer(text, sends=True)
        while (session := await self._begun(request, offer)) is None:
            await self._make_way(stored.id, request)
        location = f"/media/whip/{stored.id}/{session.id}"
        answer = session.answer(start_bitrate_kbps=self._config.camera_bitrate_max_bps // 1000)
        return resource.created(session, location, answer, self._config)

    async def _begun(self, request: web.Request, offer: Offer) -> RtcSession | None:
        """A session on the request's camera; None: somebody holds it. Raises what `_allowed` raises, and CamerasFull.

        The token is asked for again, since the camera may have been removed or have got another one while the body came or
        somebody made way. It stays good until the session is there, where who takes it away finds it (`end_camera`).
        """
        async with self._database.transaction() as tx:
            stored = await publishing_held(tx, request.match_info["camera"], _bearer(request))
            if self._held(stored.id):
                return None
            if len(self._publishers) >= min(self._config.cameras_max, self._config.media_peers_max):
                raise CamerasFull
            return self._publisher(self._cameras.live(stored), offer)

    def _publisher(self, camera: LiveCamera, offer: Offer) -> RtcSession:
        def ended() -> None:
            self._publishers.pop(session.id, None)

        publisher = Publisher(self._config, camera, offer, ended)
        session = RtcSession(self._config, self._mux, self._certificate, offer, publisher)
        publisher.session = session
        self._publishers[session.id] = (camera.id, publisher, session)
        camera.attach(publisher)
        return session

    async def _make_way(self, camera: str, request: web.Request) -> None:
        """One session per camera. A silent one makes way, so that a phone that lost its session is back soon.

        Who comes back sooner waits here: OBS and others take every answer but 201 for the end. A publisher that is heard of
        meanwhile keeps its place. Raises CameraBusy.
        """
        loop = asyncio.get_running_loop()
        makes_way_s, came_s = self._config.camera_makes_way_s, loop.time()
        while held := self._held(camera):
            now_s = loop.time()
            silent_s = min(now_s - session.heard_s for session in held)
            if (live := self._cameras.get(camera)) is not None:
                silent_s = min(silent_s, live.silent_for_s(now_s))
            left_s = makes_way_s - silent_s
            if left_s <= 0:
                # Closing waits, so whoever waits looks again afterwards: of two who come at once, one wins.
                await asyncio.gather(*(session.close() for session in held))
            elif now_s + left_s > came_s + min(makes_way_s + IN_FLIGHT_S, MAKES_WAY_WAIT_S_MAX):
                raise CameraBusy(retry_after_ms=retry_after_ms(left_s))
            else:
                await asyncio.sleep(left_s)
            if request.transport is None:
                raise ClientGone

    def _held(self, camera: str) -> list[RtcSession]:
        """The sessions that publish on a camera: one, or none."""
        return [session for id_, _, session in self._publishers.values() if id_ == camera]

    async def _allowed(self, request: web.Request) -> StoredCamera:
        """The camera that the request has the token of. Raises Unauthenticated, BadToken, CameraNotFound."""
        token = _bearer(request)
        async with self._database.connection() as connection:
            return await publishing(connection, request.match_info["camera"], token)

    @bounded(Bound.FILES)
    async def _patch_publisher(self, request: web.Request) -> web.Response:
        return await resource.patch(request, await self._own_publisher(request), self._config)

    @bounded(Bound.FILES)
    async def _end_publisher(self, request: web.Request) -> web.Response:
        session = await self._own_publisher(request)
        await session.close()
        return resource.ended()

    async def _own_publisher(self, request: web.Request) -> RtcSession:
        stored = await self._allowed(request)
        known = self._publishers.get(request.match_info["session"])
        if known is None or known[0] != stored.id:
            raise MediaSessionNotFound
        return known[2]

    # --- WHEP ---

    @bounded(Bound.NONE, why=JOINING)
    async def _play(self, request: web.Request) -> web.Response:
        self._edge.identify(request)  # whoever shows a token shows a good one
        return await self._watch(request, None)

    @bounded(Bound.NONE, why=JOINING)
    async def _preview(self, request: web.Request) -> web.Response:
        await self._edge.require_in_room(request, Permission.RUN_SHOWS, request.match_info["room"])
        return await self._watch(request, request.match_info["camera"])

    async def _watch(self, request: web.Request, camera: str | None) -> web.Response:
        network = self._limited(request)
        text = await resource.read_sdp(request, self._config)
        # Before the offer is read, which takes everybody's time; after its body, so that nobody comes in between.
        if self._unconnected(network) >= self._config.whep_unconnected_max:
            raise TooFast("Connect the sessions that were begun first.", retry_after_ms=RETRY_MS)
        if len(self._viewers) >= self._config.whep_viewers_max or self._count >= self._config.media_peers_max:
            raise PlayersFull(retry_after_ms=30 * RETRY_MS)
        offer = read_offer(text, sends=False)
        broadcaster = self._broadcaster(request.match_info["room"], camera)

        def ended(_viewer: Viewer) -> None:
            self._viewers.pop(session.id, None)

        viewer = broadcaster.viewer(offer, ended)
        session = RtcSession(self._config, self._mux, self._certificate, offer, viewer)
        viewer.session = session
        self._viewers[session.id] = (viewer, session, network)
        answer = session.answer(sources=broadcaster.sources())
        return resource.created(session, f"/media/sessions/{session.id}", answer, self._config)

    def _broadcaster(self, room: str, camera: str | None) -> Broadcaster:
        """Of the room's program, or of one of its cameras. Raises NoPicture, CameraNotFound."""
        if camera is None:
            broadcaster = self._programs.broadcaster(room)
            if broadcaster is None:
                raise NoPicture
            return broadcaster
        live = self._cameras.get(camera)
        if live is None or live.room != room:
            raise CameraNotFound
        return self._previews.broadcaster(live)

    @bounded(Bound.FILES)
    async def _patch_viewer(self, request: web.Request) -> web.Response:
        return await resource.patch(request, self._viewer(request), self._config)

    @bounded(Bound.FILES)
    async def _end_viewer(self, request: web.Request) -> web.Response:
        await self._viewer(request).close()
        return resource.ended()

    def _viewer(self, request: web.Request) -> RtcSession:
        """The session's address cannot be guessed; whoever has it began it."""
        known = self._viewers.get(request.match_info["session"])
        if known is None:
            raise MediaSessionNotFound
        return known[1]

    # --- of all ---

    @bounded(Bound.FILES)
    async def _options(self, request: web.Request) -> web.Response:
        return resource.options(request, self._config)

    @bounded(Bound.FILES)
    async def _get_endpoint(self, _request: web.Request) -> web.Response:
        return resource.empty()

    @bounded(Bound.FILES)
    async def _get_publisher(self, request: web.Request) -> web.Response:
        await self._own_publisher(request)
        return resource.empty()

    @bounded(Bound.FILES)
    async def _get_viewer(self, request: web.Request) -> web.Response:
        self._viewer(request)
        return resource.empty()

    def _loss(self) -> float:
        viewers = [viewer for viewer, _, _ in self._viewers.values()]
        return sum(viewer.loss for viewer in viewers) / max(len(viewers), 1)

    # --- bounds ---

    @property
    def _count(self) -> int:
        return len(self._publishers) + len(self._viewers)

    def _limited(self, request: web.Request) -> str:
        """Where a client that may begin a session comes from. Raises TooFast."""
        network = client_network(request, trust_proxy=self._config.trust_proxy)
        check_wait(self._limit.wait_s(network, time.monotonic()))
        return network

    def _unconnected(self, network: str) -> int:
        """Sessions of viewers from there that have not connected yet."""
        waiting = (of for _, session, of in self._viewers.values() if session.state in ("new", "connecting"))
        return sum(of == network for of in waiting)


def _bearer(request: web.Request) -> str:
    """The camera's token. Raises Unauthenticated, BadToken."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        raise Unauthenticated("Send the camera's token.")
    if scheme.lower() != "bearer" or not token.strip():
        raise BadToken
    return token.strip()
