"""What a validator of streams looks at: every playlist as text, and every part's bytes, with nothing known of who made them."""

import re
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise

from msgspec import Struct

from tests.media.hls.chunks import read_chunk

TIMESCALES = {"video": 90_000, "low": 90_000, "opus": 48_000, "aac": 48_000}


class PartLine(Struct, frozen=True):
    uri: str
    duration: float
    independent: bool
    gap: bool


class Report(Struct):
    """`faults`: each once, in words; `short`: parts under 85% of PART-TARGET that no exception covers; `parts`: all of them."""

    faults: list[str]
    short: int = 0
    parts: int = 0
    part_target: float = 0.0


def validated(playlists: list[str], data_of: Callable[[str], bytes], timescale: int) -> Report:
    """The versions of one live playlist, oldest first. `data_of`: bytes of a part by its URI."""
    report = Report([])
    heads = {
        tuple(_value(text, name) for name in ("TARGETDURATION", "PART-INF", "SERVER-CONTROL")) for text in playlists
    }
    if len(heads) != 1:
        report.faults.append(f"what may not change does: {heads}")
    target_s = int(_value(playlists[0], "TARGETDURATION"))
    report.part_target = float(_value(playlists[0], "PART-INF").removeprefix("PART-TARGET="))
    if f"PART-HOLD-BACK={3 * report.part_target:.5f}" not in _value(playlists[0], "SERVER-CONTROL"):
        report.faults.append("PART-HOLD-BACK is not three times PART-TARGET")
    seen: set[str] = set()
    for text in playlists:
        for extinf, parts, uri, is_whole in _segments(text):
            if round(extinf) > target_s:
                report.faults.append(f"{uri} lasts {extinf} s, TARGETDURATION is {target_s}")
            if is_whole and parts and abs(sum(part.duration for part in parts) - extinf) > 1e-5 * (len(parts) + 1):
                report.faults.append(f"the parts of {uri} do not sum up to it")
            following: list[PartLine | None] = [*parts[1:], None][: len(parts)]
            for part, after in zip(parts, following, strict=True):
                is_last = after is None and is_whole
                if part.uri not in seen and (after is not None or is_last) and not part.gap:
                    seen.add(part.uri)
                    report.parts += 1
                    _check(
                        part,
                        report,
                        data_of(part.uri),
                        timescale,
                        may_be_short=is_last or (after is not None and after.gap),
                    )
    _check_times(playlists[-1], report)
    report.faults = list(dict.fromkeys(report.faults))
    return report


def _check(part: PartLine, report: Report, data: bytes, timescale: int, *, may_be_short: bool) -> None:
    if part.duration > report.part_target:
        report.faults.append(f"{part.uri} lasts {part.duration} s, PART-TARGET is {report.part_target}")
    is_short = part.duration < 0.85 * report.part_target - 1e-5
    report.short += is_short and not (may_be_short or part.independent)
    chunk = read_chunk(data)
    if abs(sum(chunk.durations) / timescale - part.duration) > 1e-5:
        report.faults.append(f"{part.uri} lasts {sum(chunk.durations) / timescale} s in truth")
    if min(chunk.durations) <= 0:
        report.faults.append(f"{part.uri} has a frame that lasts for no time")
    if chunk.keys[0] != part.independent:
        report.faults.append(f"{part.uri} begins with a keyframe: {chunk.keys[0]}, which is not what INDEPENDENT says")


def _check_times(text: str, report: Report) -> None:
    """EXT-X-PROGRAM-DATE-TIME goes on as EXTINF says, but for discontinuities."""
    blocks = re.findall(
        r"(#EXT-X-DISCONTINUITY\n)?(?:#EXT-X-MAP[^\n]*\n)?#EXT-X-PROGRAM-DATE-TIME:(\S+)\n(?:#EXT-X-PART[^\n]*\n)*#EXTINF:([\d.]+)",
        text,
    )
    for (_, at, extinf), (discontinuity, following, _) in pairwise(blocks):
        moved_s = (datetime.fromisoformat(following) - datetime.fromisoformat(at)).total_seconds() - float(extinf)
        if not discontinuity and abs(moved_s) > 0.002:
            report.faults.append(f"the segment at {following} is {moved_s:+.3f} s off")


def _value(text: str, name: str) -> str:
    found = re.search(rf"^#EXT-X-{name}:(.*)$", text, re.MULTILINE)
    assert found is not None
    return found[1]


def _segments(text: str) -> list[tuple[float, list[PartLine], str, bool]]:
    """(EXTINF, parts, URI, whether it is complete)."""
    found: list[tuple[float, list[PartLine], str, bool]] = []
    parts: list[PartLine] = []
    extinf = 0.0
    for line in text.splitlines():
        if line.startswith("#EXT-X-PART:"):
            duration, uri = re.search(r"DURATION=([\d.]+)", line), re.search(r'URI="([^"]+)"', line)
            assert duration is not None
            assert uri is not None
            parts.append(PartLine(uri[1], float(duration[1]), "INDEPENDENT=YES" in line, "GAP=YES" in line))
        elif line.startswith("#EXTINF:"):
            extinf = float(line[8:-1])
        elif line and not line.startswith("#"):
            found.append((extinf, parts, line, True))
            parts = []
    return [*found, (0.0, parts, "", False)]
