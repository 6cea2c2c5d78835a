"""What the media of this process counts on its hot paths, and how each camera's picture arrives, offered at /metrics."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from livehub.base.metrics import CALLBACKS
from media.defects import DEFECTS
from media.ingest.camera import LiveCamera
from media.ingest.health import IngestCounters as Ingest
from media.program.mix import MixCounters as Mix
from media.rtc.session import SessionCounters as Rtc
from media.whep.viewer import ViewerCounters as Whep

_COUNTED: tuple[tuple[str, str, type, str], ...] = (
    ("livehub_media_packets", "RTP packets of cameras", Ingest, "packets"),
    ("livehub_media_packets_asked", "Packets asked for again", Ingest, "packets_asked"),
    ("livehub_media_packets_recovered", "Packets that came once asked for again", Ingest, "packets_recovered"),
    ("livehub_media_packets_duplicate", "Packets that came twice, or too late", Ingest, "packets_duplicate"),
    ("livehub_media_packets_lost", "Packets given up", Ingest, "packets_lost"),
    ("livehub_media_packets_ignored", "Packets of simulcast layers that are not taken", Ingest, "packets_ignored"),
    ("livehub_media_keyframes_asked", "Keyframes asked of cameras", Ingest, "keyframes_asked"),
    ("livehub_media_broken_frames", "Frames that could not be put together", Ingest, "broken_frames"),
    ("livehub_media_withheld_frames", "Frames withheld until a keyframe", Ingest, "withheld_frames"),
    ("livehub_media_left_out_frames", "Frames of pulled cameras left out", Ingest, "left_out_frames"),
    ("livehub_media_jumps", "Times a camera's clock jumped", Ingest, "jumps"),
    ("livehub_media_pulls", "Times a camera that is pulled was called", Ingest, "calls"),
    ("livehub_media_nudged_frames", "Pictures moved behind one with the same or a later time", Mix, "nudged_frames"),
    ("livehub_media_sent", "RTP packets sent to viewers", Whep, "packets"),
    ("livehub_media_sent_again", "RTP packets sent again on request", Whep, "again"),
    ("livehub_media_joins", "Viewers by WebRTC who came", Whep, "joins"),
    ("livehub_media_joins_again", "Times a viewer who came was sent the group of pictures again", Whep, "joins_again"),
    ("livehub_media_joins_waiting", "Of those, that had to wait for a keyframe", Whep, "joins_waiting"),
    ("livehub_media_forged", "Datagrams that failed their authentication", Rtc, "forged"),
)


def watch_counters() -> None:
    for name, text, counts, attribute in _COUNTED:
        CALLBACKS.watch(name, text, partial(getattr, counts, attribute), kind="counter")
    CALLBACKS.watch_each(
        "livehub_media_defects", "Frames that a part failed on", ("part",), DEFECTS.counts, kind="counter"
    )


def watch_cameras(cameras: Iterable[LiveCamera], now_s: Callable[[], float]) -> None:
    """Offer the health of each. `now_s`: the event loop's clock."""

    def live(camera: LiveCamera) -> float:
        return float(camera.state(now_s()) == "live")

    def trip_s(camera: LiveCamera) -> float | None:
        return camera.source.round_trip_s if camera.source is not None else None

    def key_age_s(camera: LiveCamera) -> float | None:
        return now_s() - camera.last_key_s if camera.source is not None and camera.last_key_s is not None else None

    def interval_s(camera: LiveCamera) -> float | None:
        return camera.keyframes.interval_s if camera.source is not None else None

    def arriving(attribute: str, scale: float = 1.0) -> Callable[[LiveCamera], float | None]:
        return lambda camera: getattr(camera.source.figures, attribute) * scale if camera.source is not None else None

    gauges: tuple[tuple[str, str, Callable[[LiveCamera], float | None]], ...] = (
        ("livehub_camera_live", "Whether pictures come", live),
        ("livehub_camera_bitrate_bps", "Bit rate", arriving("bitrate_bps")),
        ("livehub_camera_fps", "Frames a second", arriving("fps")),
        ("livehub_camera_loss_ratio", "Share of packets that did not come in their turn", arriving("loss")),
        ("livehub_camera_jitter_seconds", "Jitter of arrival", arriving("jitter_ms", 0.001)),
        ("livehub_camera_round_trip_seconds", "Round trip to the sender", trip_s),
        ("livehub_camera_keyframe_age_seconds", "Since the last keyframe", key_age_s),
        ("livehub_camera_keyframe_interval_seconds", "Longest of the last few between keyframes", interval_s),
    )
    CALLBACKS.watch(
        "livehub_media_pulled", "Cameras that are pulled now", lambda: sum(map(LiveCamera.is_pulled, cameras))
    )
    for name, text, of in gauges:
        CALLBACKS.watch_each(name, text, ("room", "camera"), partial(_each, cameras, of))


def _each(
    cameras: Iterable[LiveCamera], of: Callable[[LiveCamera], float | None]
) -> Iterator[tuple[tuple[str, str], float]]:
    for camera in cameras:
        figure = of(camera)
        if figure is not None:
            yield (camera.room, camera.id), figure
