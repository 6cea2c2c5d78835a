"""Defects of one room's parts: counted, logged at a bounded rate, and over. The room and all others go on."""

import logging

from livehub.base.logs import Occasional
from livehub.base.metrics import ROOM_DEFECTS

_log = Occasional(logging.getLogger("livehub.hub.rooms"))


def report(part: str, room: str, error: BaseException) -> None:
    """`part`: what was dropped, one of few words; it is a metric's label."""
    ROOM_DEFECTS.labels(part=part).inc()
    _log.warning("room.defect", part, extra={"part": part, "room": room}, exc_info=error)
