"""Playlists of RFC 8216bis, as text. Pure: no I/O, no clock.

A playlist is lines; what stands at a segment never changes once it is there, except that its parts leave the list when they are
three target durations old (6.2.2). So a delta update (6.2.5.1) is the full playlist with its first lines folded into one.

    live_playlist.py    what is in a live playlist at a moment
    this module         how that and a finished recording are written
    multivariant.py     what tells of the renditions that there are
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

VERSION = 9  # of EXT-X-VERSION: EXT-X-SKIP came with it (RFC 8216bis, 8)
TYPE = "application/vnd.apple.mpegurl"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ListedPart(Struct, frozen=True, gc=False):
    """A part in a playlist. `duration`: ticks of its segment's timescale. `gap`: there is no such part."""

    uri: str
    duration: int
    independent: bool
    gap: bool = False


class Segment(Struct, frozen=True, gc=False):
    """A segment in a playlist, live or recorded.

    `time` and `duration`: ticks of `timescale`, `time` since the stream's origin. `map`: URI of its initialization section.
    `discontinuity`: EXT-X-DISCONTINUITY stands before it. `parts`: empty where they are not listed. `gap`: there is no such
    file (EXT-X-GAP).
    """

    msn: int
    duration: int
    time: int
    timescale: int
    map: str
    discontinuity: bool
    uri: str
    parts: tuple[ListedPart, ...] = ()
    gap: bool = False


class Report(Struct, frozen=True):
    """How far another rendition is (EXT-X-RENDITION-REPORT): its playlist, its last segment with a part, and that part."""

    uri: str
    msn: int
    part: int


class LiveTags(Struct, frozen=True, kw_only=True):
    """What stands around the segments of a live playlist. Durations in seconds; `hint`: URI of the part to come."""

    target_s: int
    part_target_s: float
    media_sequence: int
    discontinuity_sequence: int
    skip_until_s: float
    skipped: int = 0
    hint: str = ""
    reports: Sequence[Report] = ()
    ended: bool = False


def date_time(unix_ms: float) -> str:
    """ISO 8601 to the millisecond, in UTC, e.g. 2026-11-22T18:00:00.200Z."""
    moment = _EPOCH + timedelta(milliseconds=round(unix_ms))
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def head_lines(segment: Segment, origin_ms: int, map_before: str) -> list[str]:
    """What stands before a segment's parts."""
    lines = ["#EXT-X-DISCONTINUITY"] if segment.discontinuity else []
    if segment.map != map_before:
        lines.append(f'#EXT-X-MAP:URI="{segment.map}"')
    lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date_time(origin_ms + segment.time * 1000 / segment.timescale)}")
    return lines


def part_line(part: ListedPart, timescale: int) -> str:
    """EXT-X-PART (4.4.4.9)."""
    independent = ",INDEPENDENT=YES" if part.independent else ""
    gap = ",GAP=YES" if part.gap else ""
    return f'#EXT-X-PART:DURATION={part.duration / timescale:.5f},URI="{part.uri}"{independent}{gap}'


def end_lines(segment: Segment) -> list[str]:
    """EXT-X-GAP (4.4.4.7), EXTINF (4.4.4.1) and the segment's URI."""
    lines = ["#EXT-X-GAP"] if segment.gap else []
    return [*lines, f"#EXTINF:{segment.duration / segment.timescale:.5f},", segment.uri]


def media_playlist(live: LiveTags, body: Iterable[str]) -> str:
    """A live media playlist; `body`: the lines of the segments that are not skipped."""
    hold_back = f"PART-HOLD-BACK={3 * live.part_target_s:.5f},HOLD-BACK={3 * live.target_s}"
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{live.target_s}",
        f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL={live.skip_until_s:.1f},{hold_back}",
        f"#EXT-X-PART-INF:PART-TARGET={live.part_target_s:.5f}",
        f"#EXT-X-MEDIA-SEQUENCE:{live.media_sequence}",
    ]
    if live.discontinuity_sequence:
        lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{live.discontinuity_sequence}")
    if live.skipped:
        lines.append(f"#EXT-X-SKIP:SKIPPED-SEGMENTS={live.skipped}")
    lines += body
    if live.ended:
        lines.append("#EXT-X-ENDLIST")
    else:
        if live.hint:
            lines.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{live.hint}"')
        lines += [
            f'#EXT-X-RENDITION-REPORT:URI="{report.uri}",LAST-MSN={report.msn},LAST-PART={report.part}'
            for report in live.reports
        ]
    return "\n".join(lines) + "\n"


def recorded(body: Iterable[str], *, target_s: int, media_sequence: int, ended: bool) -> str:
    """A recording's media playlist; `body`: the lines of all its segments. Not `ended`: it still grows.

    `target_s` may not change as long as segments are added (4.4.3.1).
    """
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:8",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if ended else 'EVENT'}",
        f"#EXT-X-TARGETDURATION:{target_s}",
        f"#EXT-X-MEDIA-SEQUENCE:{media_sequence}",
        *body,
    ]
    if ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"
