"""The multivariant playlist: which renditions of the picture and of the sound there are (RFC 8216bis, 4.4.6). Pure: no I/O."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from media.hls.live_playlist import LivePlaylist
from media.hls.playlist import VERSION

PROMISED_CODECS = "avc1.42c01f"  # constrained baseline at level 3.1: what the transcoder makes (media/codecs/x264.py)


class Video(Struct, frozen=True, kw_only=True):
    """A rendition of the picture in the multivariant playlist; rates in bit/s."""

    uri: str
    codecs: str
    peak_bps: int
    average_bps: int
    width: int
    height: int
    fps: float


class Audio(Struct, frozen=True, kw_only=True):
    """A rendition of the sound. `group`: its GROUP-ID, one for each codec."""

    uri: str
    codecs: str
    peak_bps: int
    average_bps: int
    group: str
    name: str = "main"
    language: str = ""


def multivariant(videos: Sequence[Video], audios: Sequence[Audio]) -> str:
    """The multivariant playlist: every picture with every group of sound (4.4.6.2.1), in the order given, but AAC first.

    Players that take the first they think they can play, AVPlayer among them, then have what every one of them can.
    """
    audios = sorted(audios, key=lambda audio: audio.codecs == "opus")
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}"]
    for audio in audios:
        language = f',LANGUAGE="{audio.language}"' if audio.language else ""
        lines.append(
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{audio.group}",NAME="{audio.name}"{language},DEFAULT=YES,AUTOSELECT=YES,'
            f'CHANNELS="2",URI="{audio.uri}"'
        )
    groups: dict[str, list[Audio]] = {}
    for audio in audios:
        groups.setdefault(audio.group, []).append(audio)
    for video in videos:
        for group, members in groups.items() or [("", [])]:
            peak_bps = video.peak_bps + max((audio.peak_bps for audio in members), default=0)
            average_bps = video.average_bps + max((audio.average_bps for audio in members), default=0)
            codecs = ",".join([video.codecs, *dict.fromkeys(audio.codecs for audio in members)])
            lines.append(
                f'#EXT-X-STREAM-INF:BANDWIDTH={peak_bps},AVERAGE-BANDWIDTH={average_bps},CODECS="{codecs}",'
                f"RESOLUTION={video.width}x{video.height},FRAME-RATE={video.fps:.3f}"
                + (f',AUDIO="{group}"' if group else "")
            )
            lines.append(video.uri)
    return "\n".join(lines) + "\n"


class Promised(Struct, frozen=True, kw_only=True):
    """A smaller picture that players are told of before it has begun, since they look for renditions only once.

    `short_side_px`: of its smaller side; it is never larger than the leading picture.
    """

    rendition: str
    short_side_px: int
    bitrate_bps: int

    def video(self, lead: Video) -> Video:
        """What can be said of it, as long as the leading picture is all that is known."""
        scale = min(1.0, self.short_side_px / min(lead.width, lead.height))
        width, height = (max(2, round(side * scale / 2) * 2) for side in (lead.width, lead.height))
        return Video(
            uri=f"{self.rendition}/index.m3u8",
            codecs=PROMISED_CODECS,
            peak_bps=self.bitrate_bps * 3 // 2,  # over a segment of two seconds; the encoder's buffer holds one
            average_bps=self.bitrate_bps,
            width=width,
            height=height,
            fps=lead.fps,
        )


class Header(Protocol):
    """What a map tells; `width` is 0 for sound."""

    @property
    def codecs(self) -> str:
        """As in CODECS."""

    @property
    def width(self) -> int:
        """Pixels."""

    @property
    def height(self) -> int:
        """Pixels."""


def rendition_of(name: str, header: Header, rates_bps: tuple[int, int], fps: float) -> Video | Audio:
    """What is told of a rendition. `rates_bps`: peak and average; `fps`: of a picture."""
    uri, (peak_bps, average_bps) = f"{name}/index.m3u8", rates_bps
    if not header.width:
        return Audio(uri=uri, codecs=header.codecs, peak_bps=peak_bps, average_bps=average_bps, group=name)
    return Video(
        uri=uri,
        codecs=header.codecs,
        peak_bps=peak_bps,
        average_bps=average_bps,
        width=header.width,
        height=header.height,
        fps=fps,
    )


def multivariant_of(playlists: Mapping[str, LivePlaylist], promised: Promised | None = None) -> str:
    """The multivariant playlist of the renditions that have begun, and of the one that is promised.

    The leading picture comes first: players begin with what is listed first.
    """
    renditions = [
        rendition_of(name, playlist.header, playlist.rates_bps(), playlist.fps())
        for name, playlist in playlists.items()
        if playlist.header is not None and playlist.is_publishable
    ]
    videos = [each for each in renditions if isinstance(each, Video)]
    if promised is not None and videos:
        begun = playlists.get(promised.rendition)
        if begun is None or not begun.is_publishable:
            videos.append(promised.video(videos[0]))
    return multivariant(videos, [each for each in renditions if isinstance(each, Audio)])
