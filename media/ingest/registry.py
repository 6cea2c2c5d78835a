"""The live cameras of this process, by id: those that publish, and those that are pulled."""

import logging
from collections.abc import Iterator

from livehub.base.errors import BadRequest
from media.ingest.camera import LiveCamera
from media.ingest.cameras import StoredCamera
from media.ingest.demand import PullDemand
from media.ingest.puller import PulledCamera
from media.settings import MediaConfig

log = logging.getLogger("livehub.media")


class CameraRegistry:
    """Iterating gives the cameras."""

    def __init__(self, config: MediaConfig) -> None:
        self._config = config
        self._cameras: dict[str, LiveCamera] = {}
        self.demand = PullDemand(config.camera_pull_linger_s)

    def __iter__(self) -> Iterator[LiveCamera]:
        return iter(list(self._cameras.values()))

    def __contains__(self, id_: object) -> bool:
        return id_ in self._cameras

    def get(self, id_: str) -> LiveCamera | None:
        """None: it has not sent since this process began, or was silent for long."""
        return self._cameras.get(id_)

    def live(self, stored: StoredCamera) -> LiveCamera:
        """The live camera of a stored one."""
        camera = self._cameras.get(stored.id)
        if camera is None:
            camera = self._cameras[stored.id] = LiveCamera(self._config, stored.id, stored.room, stored.kind)
        camera.name = stored.name
        return camera

    def pull(self, stored: StoredCamera) -> None:
        """Begin to take the stream of a camera that does not publish by itself."""
        camera = self.live(stored)
        if camera.source is not None or stored.kind == "whip":
            return
        try:
            PulledCamera(self._config, camera, stored.kind, stored.url)
        except BadRequest as error:  # it was fine when it was added; a file may have gone since, and may come back
            if camera.problem is None:
                log.warning("media.camera_refused", extra={"camera": stored.id, "reason": error.message})
            camera.problem = "file_gone" if stored.kind == "file" else "unreachable"

    async def remove(self, id_: str) -> None:
        """Its source ends."""
        camera = self._cameras.pop(id_, None)
        if camera is not None and camera.source is not None:
            await camera.source.close()
