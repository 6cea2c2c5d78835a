"""What the media of this process counts on its hot paths, offered at /metrics."""

from functools import partial

from livehub.base.metrics import WATCHED
from media.ingest.publisher import Counts as Ingest
from media.rtc.peer import Counts as Rtc
from media.whep.viewer import Counts as Whep

_COUNTED: tuple[tuple[str, str, type, str], ...] = (
    ("livehub_media_packets", "RTP packets of cameras", Ingest, "packets"),
    ("livehub_media_packets_asked", "Packets asked for again", Ingest, "packets_asked"),
    ("livehub_media_packets_lost", "Packets given up", Ingest, "packets_lost"),
    ("livehub_media_keyframes_asked", "Keyframes asked of cameras", Ingest, "keyframes_asked"),
    ("livehub_media_broken_frames", "Frames that could not be put together", Ingest, "broken_frames"),
    ("livehub_media_jumps", "Times a camera's clock jumped", Ingest, "jumps"),
    ("livehub_media_sent", "RTP packets sent to viewers", Whep, "packets"),
    ("livehub_media_sent_again", "RTP packets sent again on request", Whep, "again"),
    ("livehub_media_forged", "Datagrams that failed their authentication", Rtc, "forged"),
)


def watch_counts() -> None:
    """Offer them."""
    for name, text, counts, attribute in _COUNTED:
        WATCHED.watch(name, text, partial(getattr, counts, attribute), kind="counter")
