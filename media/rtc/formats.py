"""The formats of an m-line, and which of them is taken: H.264 (RFC 6184), Opus (RFC 7587). Pure: no I/O."""

import re
from collections.abc import Iterable

from msgspec import Struct

from media.rtc.description import Section, all_of, parameters_of

BASELINE, MAIN, EXTENDED, HIGH = 0x42, 0x4D, 0x58, 0x64
SET0, SET1, SETS_4_5 = 0x80, 0x40, 0x0C  # constraint flags in profile_iop
STATIC = {"0": "PCMU", "3": "GSM", "8": "PCMA", "9": "G722", "18": "G729", "26": "JPEG", "31": "H261", "34": "H263"}
NO_MEDIA = ("RTX", "RED", "ULPFEC", "FLEXFEC-03", "TELEPHONE-EVENT", "CN")
# A marker bit before these looks like RTCP, which comes on the same port (RFC 5761, section 4).
LIKE_RTCP = range(64, 96)
_NUMBER = re.compile(r"[0-9]{1,3}")
_HEX = re.compile(r"[0-9a-fA-F]{6}")


class Codec(Struct, frozen=True, kw_only=True):
    """A codec of the offer that is taken. `rtx`: payload type of its retransmissions (RFC 4588), if offered.

    `fmtp`: its parameters as they are answered; `feedback`: the RTCP feedback it takes, such as `nack pli`.
    """

    payload_type: int
    rtx: int | None
    fmtp: str
    feedback: tuple[str, ...]


class Format(Struct, frozen=True, kw_only=True):
    """One payload type. `encoding` is in capitals, as is the rest of its rtpmap; parameters have lower-case names."""

    payload_type: int
    encoding: str
    clock_rate: str
    parameters: dict[str, str]


def choose_h264(section: Section, *, sends: bool) -> Codec | None:
    """The H.264 that most players decode; None: there is none that is taken.

    Mode 1 is preferred, since all WebRTC speaks it; mode 0, single NAL units, can be read from a publisher but not be sent to a
    player, whose packets are made once for all. Interleaved mode 2 is not taken (RFC 6184, section 6.2).
    """
    formats = _formats(section)
    ranked = []
    for found in formats:
        mode = found.parameters.get("packetization-mode", "0")
        rank = _rank(
            found.parameters.get("profile-level-id", "42000a")
        )  # RFC 6184, section 8.1: Baseline where none is told
        is_read = mode == "1" or (mode == "0" and sends)
        if found.encoding == "H264" and found.clock_rate == "90000" and is_read and rank is not None:
            ranked.append((mode != "1", rank, found))
    if not ranked:
        return None
    return _codec(section, formats, min(ranked, key=lambda entry: entry[:2])[2])


def choose_opus(section: Section) -> Codec | None:
    """The first Opus; None: there is none."""
    formats = _formats(section)
    found = next((f for f in formats if f.encoding == "OPUS" and f.clock_rate == "48000"), None)
    return _codec(section, formats, found) if found is not None else None


def names_of(sections: Iterable[Section]) -> list[str]:
    """What the sections offer, in words for people: `VP8`, `VP9`, `PCMU`."""
    named = (found.encoding for section in sections for found in _formats(section))
    return list(dict.fromkeys(name for name in named if name not in NO_MEDIA))


def _formats(section: Section) -> list[Format]:
    """Those of the m-line, in its order: the offerer's preference. What has a number but no name is left out."""
    maps = _by_format(all_of(section.attributes, "rtpmap"))
    fmtps = _by_format(all_of(section.attributes, "fmtp"))
    found = []
    for number in section.formats:
        encoding, _, clock_rate = (maps[number][0] if number in maps else STATIC.get(number, "")).partition("/")
        if not encoding or not _NUMBER.fullmatch(number) or int(number) > 127 or int(number) in LIKE_RTCP:
            continue
        parameters = parameters_of(";".join(fmtps.get(number, ())))
        rate = clock_rate.partition("/")[0].strip()
        found.append(
            Format(payload_type=int(number), encoding=encoding.strip().upper(), clock_rate=rate, parameters=parameters)
        )
    return found


def _by_format(values: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for value in values:
        number, _, rest = value.replace("\t", " ").partition(" ")
        found.setdefault(number, []).append(rest.strip())
    return found


def _rank(profile_level_id: str) -> int | None:
    """How welcome a profile is, 0 most: every player decodes constrained baseline (RFC 6184, table 5); None: not taken."""
    if not _HEX.fullmatch(profile_level_id):
        return None
    number = int(profile_level_id, 16)
    profile, flags = number >> 16, number >> 8 & 0xFF
    constrained = {BASELINE: SET1, MAIN: SET0, EXTENDED: SET0 | SET1}.get(profile)
    if constrained is not None and flags & constrained == constrained:
        return 0
    if profile == BASELINE or (profile == EXTENDED and flags & SET0):
        return 1
    if profile == MAIN:
        return 2
    if profile == HIGH:
        return 3 if flags & SETS_4_5 == SETS_4_5 else 4
    return None


def _codec(section: Section, formats: list[Format], chosen: Format) -> Codec:
    number = chosen.payload_type
    rtx = next(
        (f.payload_type for f in formats if f.encoding == "RTX" and f.parameters.get("apt") == str(number)),
        None,
    )
    return Codec(
        payload_type=number,
        rtx=rtx,
        fmtp=_answered(chosen.parameters),
        feedback=tuple(
            " ".join(rest.lower().split())
            for at, rests in _by_format(all_of(section.attributes, "rtcp-fb")).items()
            if at in ("*", str(number))
            for rest in rests
        ),
    )


def _answered(parameters: dict[str, str]) -> str:
    """The parameters as offered, without what tells of the offerer's own stream (RFC 6184, section 8.2.2)."""
    kept = {name: value for name, value in parameters.items() if not name.startswith(("sprop-", "x-google-"))}
    return ";".join(f"{name}={value}" if value else name for name, value in kept.items())
