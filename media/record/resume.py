"""How a stream goes on after its process was killed: from its journal to packager and playlists. Pure: no I/O, no clock.

    the picture     s10 s11 s12.. |            the unfinished segment ends with what it has; the next one is s13
    the sound       s10 s11       | (s12)      what it lacks of the picture's segments is filled with silence
    another sound   s10 s11 s12 s13.. |        what it has beyond the picture is dropped
    another picture s10 s11       | (gap)      of what it lacks there is nothing

so that the numbers of segments agree, and nothing that players were told changes but the last moments.
"""

from collections.abc import Mapping

from msgspec import Struct

from media.codecs import cmaf
from media.codecs.audio import AAC_FRAME, AAC_SILENCE
from media.frames import AUDIO_HZ, OPUS_FRAME, OPUS_SILENCE
from media.hls.live_playlist import RecoveredSegments
from media.hls.packager import Resume
from media.hls.playlist import Segment
from media.parts import Part
from media.record.journal import Dropped, Ended, Gapped, Ledger, RecordedRendition, RecordedSegment


class Mending(Struct, frozen=True):
    """What is to be written so that every rendition ends with the same segment: in this order."""

    drops: list[Dropped]
    parts: list[Part]
    ends: list[Ended | Gapped]


class Resumed(Struct, frozen=True, kw_only=True):
    """A stream that goes on. `origin_ms`: its time 0, in Unix ms. `past`: what live playlists list of it, by rendition."""

    room: str
    recording: str
    origin_ms: int
    packager: Resume
    past: Mapping[str, RecoveredSegments]


def mending(ledger: Ledger) -> Mending | None:
    """What has to be written first; None if there is no picture to go on from."""
    lead_name = ledger.lead
    if lead_name is None:
        return None
    lead = ledger.renditions[lead_name]
    pictures = lead.all()
    if not pictures:
        return None
    last = pictures[-1].msn
    drops: list[Dropped] = []
    parts: list[Part] = []
    ends: list[Ended | Gapped] = [Ended(lead_name, last)]
    for name, recorded in ledger.renditions.items():
        if recorded is lead:
            continue
        drops += [Dropped(name, kept.msn) for kept in recorded.all() if kept.msn > last]
        own = [kept for kept in recorded.all() if kept.msn <= last]
        if not own:
            continue
        ends.append(Ended(name, own[-1].msn))
        lacking = [kept for kept in pictures if kept.msn > own[-1].msn]
        if not recorded.is_video:
            silence = _silence(name, recorded, own[-1], lacking, lead)
            parts += silence
            ends += [Ended(name, part.msn) for part in silence]
        else:
            ends += [_gap(name, kept, recorded.timescale, lead.timescale) for kept in lacking]
    return Mending(drops, parts, ends)


def resumed(ledger: Ledger, maps: Mapping[tuple[str, int], bytes], *, dvr_s: float) -> Resumed | None:
    """How the stream goes on, once what `mending` tells is written. A rendition without all that it needs begins anew.

    `maps`: bytes by (rendition, number), of those that are there. `dvr_s`: how much live playlists list.
    """
    lead_name = ledger.lead
    if lead_name is None or ledger.begun is None or not ledger.renditions[lead_name].segments:
        return None
    lead = ledger.renditions[lead_name]
    last = lead.segments[-1].msn
    return Resumed(
        room=ledger.begun.room,
        recording=ledger.begun.id,
        origin_ms=ledger.begun.origin_ms,
        packager=Resume(
            msn=last + 1,
            parts={name: recorded.next_part for name, recorded in ledger.renditions.items()},
            maps={name: recorded.next_map for name, recorded in ledger.renditions.items()},
            part_target_ms=lead.part_target_ms,
        ),
        past={
            name: _past(name, recorded, maps, lead, dvr_s)
            for name, recorded in ledger.renditions.items()
            if recorded.segments and recorded.segments[-1].msn == last and _has_map(name, recorded.segments[-1], maps)
        },
    )


def _gap(name: str, kept: RecordedSegment, scale: int, lead: int) -> Gapped:
    """Nothing, for as long as the picture's segment is."""
    begin, end = kept.time * scale // lead, (kept.time + kept.duration) * scale // lead
    return Gapped(name, kept.msn, begin, end - begin, kept.discontinuity)


def _codec(recorded: RecordedRendition) -> str:
    return next(iter(recorded.maps.values())).codecs if recorded.maps else ""


def _silence(
    name: str,
    recorded: RecordedRendition,
    last: RecordedSegment,
    pictures: list[RecordedSegment],
    lead: RecordedRendition,
) -> list[Part]:
    """A part of silence for each segment of the picture that the sound lacks; it goes on from where the sound ended."""
    made: list[Part] = []
    length, frame = (OPUS_FRAME, OPUS_SILENCE) if _codec(recorded) == "opus" else (AAC_FRAME, AAC_SILENCE)
    time = last.time + last.duration
    number = recorded.next_part
    for kept in pictures:
        until = (kept.time + kept.duration) * AUDIO_HZ // lead.timescale
        count = max(1, (until - time) // length)
        data = cmaf.audio_chunk(number + 1, time, [length] * count, [frame] * count)
        part = Part(
            rendition=name,
            msn=kept.msn,
            index=0,
            number=number,
            map=recorded.next_map - 1,
            time=time,
            duration=count * length,
            timescale=recorded.timescale,
            independent=True,
            discontinuity=kept.discontinuity,
            data=data,
        )
        made.append(part)
        time += part.duration
        number += 1
    return made


def _has_map(name: str, kept: RecordedSegment, maps: Mapping[tuple[str, int], bytes]) -> bool:
    return kept.gap or (name, kept.map) in maps


def _past(
    name: str, recorded: RecordedRendition, maps: Mapping[tuple[str, int], bytes], lead: RecordedRendition, dvr_s: float
) -> RecoveredSegments:
    """The last segments without a gap between their numbers."""
    shown: list[RecordedSegment] = []
    ticks = 0
    for kept in reversed(recorded.segments):
        is_next = not shown or kept.msn == shown[-1].msn - 1
        if ticks > dvr_s * recorded.timescale or not is_next or not _has_map(name, kept, maps):
            break
        shown.append(kept)
        ticks += kept.duration
    shown.reverse()
    first = shown[0].msn
    return RecoveredSegments(
        segments=[
            Segment(
                msn=kept.msn,
                duration=kept.duration,
                time=kept.time,
                timescale=recorded.timescale,
                map=f"m{kept.run}-{kept.map}.mp4",
                discontinuity=kept.discontinuity,
                uri=f"s{kept.run}-{kept.msn}.m4s",
                gap=kept.gap,
            )
            for kept in shown
        ],
        maps={f"m{kept.run}-{kept.map}.mp4": maps[name, kept.map] for kept in shown if not kept.gap},
        part_target_ms=recorded.part_target_ms,
        discontinuity_sequence=sum(kept.discontinuity for kept in lead.segments if kept.msn < first),
    )
