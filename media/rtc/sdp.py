"""Offers read, answers written (RFC 8829, RFC 9429). Pure: no I/O, no clock, no chance.

One H.264 and one Opus stream, bundled, RTCP multiplexed: that is all WHIP and WHEP need here. The server is ICE lite (RFC 8445,
section 2.5): it has public addresses or a forwarded port, so it answers checks and sends none of its own.

What flows is taken as a whole or refused as a whole, in words (RFC 9725, section 4.4.3): who publishes a sound that can't be
taken, or two pictures, hears so at once, and not from viewers. Refused one by one, with port 0, are sections in which nothing
flows our way (data channels, inactive ones, directions of no use here) and what a player offers to receive beyond one picture
and one sound.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from media.errors import BadOffer, MediaNotAccepted
from media.rtc.description import (
    Attributes,
    Description,
    Section,
    all_of,
    first_of,
    read_description,
)
from media.rtc.formats import Codec, choose_h264, choose_opus, names_of

Kind = Literal["video", "audio"]
Setup = Literal["active", "passive"]

MEDIA_MAX = 16
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
FLOWS = {True: ("sendrecv", "sendonly"), False: ("sendrecv", "recvonly")}
# Of fingerprints, what our DTLS checks (RFC 8122, section 5), and how many bytes each gives.
HASHES = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
_EXTENSION = re.compile(r"[1-9]|1[0-4]")
_BYTES = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2})*")
_MID = re.compile(r"[!-~]+")  # a token of RFC 8866, and more: it goes back as it came
# ice-char of RFC 8839, section 5.4, in ASCII. They go into a HMAC key and, colon between, into USERNAME: no other can be told.
_UFRAG, _PASSWORD = re.compile(r"[A-Za-z0-9+/]{4,256}"), re.compile(r"[A-Za-z0-9+/]{22,256}")
_RTP = re.compile(r"((UDP|TCP)/D?TLS/)?RTP/S?AVPF?", re.IGNORECASE)  # RFC 8829, section 5.1.2
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"


class Credentials(Struct, frozen=True):
    """What authenticates ICE checks, of one side (RFC 8445, section 5.3)."""

    ufrag: str
    password: str


class MediaLine(Struct, frozen=True, kw_only=True):
    """One m-line of the offer; `codec` None: it is refused. `mid` is empty where the offer gives none.

    `transport_cc`: the id of that header extension, if it is taken.
    """

    mid: str
    kind: str
    protocol: str
    formats: str
    codec: Codec | None
    transport_cc: int | None = None


class Offer(Struct, frozen=True, kw_only=True):
    """An offer that can be answered. `setup`: the DTLS role the server takes; `bundle`: mids, the one it is tagged by first."""

    streams: tuple[MediaLine, ...]
    remote: Credentials
    fingerprints: tuple[tuple[str, str], ...]
    setup: Setup
    bundle: tuple[str, ...]

    def codec(self, kind: Kind) -> Codec | None:
        """The codec taken for this kind of media."""
        return next((s.codec for s in self.streams if s.kind == kind and s.codec is not None), None)

    def taken(self) -> list[MediaLine]:
        """The sections that are taken, in the order of the BUNDLE group (RFC 9143, section 7.3)."""
        order = {mid: n for n, mid in enumerate(self.bundle)}
        return sorted((s for s in self.streams if s.codec is not None), key=lambda s: order.get(s.mid, 0))

    @property
    def transport_cc(self) -> int | None:
        """The id of the header extension that numbers all packets; one for all m-lines of a bundle (RFC 9143, 7.1.3)."""
        return next((s.transport_cc for s in self.streams if s.transport_cc is not None), None)


def read_offer(text: str, *, sends: bool) -> Offer:
    """An offer of a peer that `sends` (WHIP) or that receives (WHEP). Raises BadOffer, MediaNotAccepted."""
    described = read_description(text)
    sections = described.sections
    if not sections or len(sections) > MEDIA_MAX:
        raise BadOffer("The offer has no media, or too many m-lines.")
    _connection(
        (described.attributes, *(section.attributes for section in sections))
    )  # what has none is no offer at all
    mids = _mids(sections)
    groups = _bundles(described)
    bundled = frozenset(mid for group in groups for mid in group)
    flowing = [
        n
        for n, section in enumerate(sections)
        if _is_offered(section, bundled) and _direction(section, described) in FLOWS[sends]
    ]
    taken = _taken(sections, flowing, sends=sends)
    _check_payload_types(taken.values())
    bundle = _bundle(groups, [mids[n] for n in (flowing if sends else taken)])
    tagged = mids.index(bundle[0]) if bundle and bundle[0] in mids else min(taken)
    # Of a group the first section says how to get to it; some clients say it above all sections, or in each (RFC 9143, 7.1.3).
    others = [s.attributes for n, s in enumerate(sections) if n in taken]
    told = (sections[tagged].attributes, described.attributes, *others)
    remote, fingerprints, setup = _connection(told)
    return Offer(
        streams=tuple(
            MediaLine(
                mid=mids[n],
                kind=section.kind,
                protocol=section.protocol,
                formats=" ".join(section.formats),
                codec=taken.get(n),
                transport_cc=_transport_cc(section, taken.get(n)),
            )
            for n, section in enumerate(sections)
        ),
        remote=remote,
        fingerprints=fingerprints,
        setup=setup,
        bundle=bundle,
    )


def _mids(sections: Sequence[Section]) -> list[str]:
    mids = [first_of(section.attributes, "mid") or "" for section in sections]
    named = [mid for mid in mids if mid]
    if len(set(named)) < len(named) or not all(map(_MID.fullmatch, named)):
        raise BadOffer("Each a=mid is one word, and no two are alike.")
    return mids


def _bundles(described: Description) -> list[tuple[str, ...]]:
    groups = (value.split() for value in all_of(described.attributes, "group"))
    return [tuple(mids) for semantics, *mids in filter(None, groups) if semantics.upper() == "BUNDLE"]


def _is_offered(section: Section, bundled: frozenset[str]) -> bool:
    """Port 0 refuses a section, but for one that is only to be had in a group (RFC 9143, section 6)."""
    if section.kind not in ("video", "audio") or not _RTP.fullmatch(section.protocol):
        return False
    is_bundle_only = first_of(section.attributes, "bundle-only") is not None
    return section.port != 0 or (is_bundle_only and first_of(section.attributes, "mid") in bundled)


def _direction(section: Section, described: Description) -> str:
    """RFC 8866, section 6.7: that of the session where the section has none of its own."""
    names = [name for name, _ in (*section.attributes, *described.attributes) if name in DIRECTIONS]
    return names[0] if names else "sendrecv"


def _taken(sections: Sequence[Section], flowing: list[int], *, sends: bool) -> dict[int, Codec]:
    """The codec of each section that is taken, by its index. Raises MediaNotAccepted."""
    taken: dict[int, Codec] = {}
    for kind in ("video", "audio"):
        here = [n for n in flowing if sections[n].kind == kind]
        if not here and kind == "video":
            raise MediaNotAccepted(f"The offer {'sends' if sends else 'receives'} no video.")
        if sends and len(here) > 1:
            raise MediaNotAccepted(
                f"One track of {kind} is taken; the offer sends {len(here)}.", details={"kind": kind}
            )
        for n in here:
            codec = choose_h264(sections[n], sends=sends) if kind == "video" else choose_opus(sections[n])
            if codec is not None:
                taken[n] = codec
                break
        else:
            if here:
                raise _not_accepted(kind, [sections[n] for n in here])
    return taken


def _check_payload_types(taken: Iterable[Codec]) -> None:
    """A bundle's packets are told apart by their payload types (RFC 9143, section 10.1.1). Raises BadOffer."""
    numbers = [number for codec in taken for number in (codec.payload_type, codec.rtx) if number is not None]
    if len(set(numbers)) < len(numbers):
        raise BadOffer("In one a=group:BUNDLE each payload type stands for one format.")


def _not_accepted(kind: str, sections: list[Section]) -> MediaNotAccepted:
    offered = names_of(sections)
    has = f"has {', '.join(offered)}" if offered else "has nothing that is known"
    if kind == "audio":
        needed = "Sound is taken as Opus"
    elif "H264" in offered:
        needed = "H.264 is taken in Baseline, Main or High profile, to players with packetization mode 1"
    else:
        needed = "Video is taken as H.264"
    return MediaNotAccepted(f"{needed}; the offer {has}.", details={"kind": kind, "offered": offered})


def _bundle(groups: list[tuple[str, ...]], mids: list[str]) -> tuple[str, ...]:
    """The group that holds all of `mids`; empty for a section alone. Raises BadOffer."""
    for group in groups:
        if all(mid in group for mid in mids):
            return group
    if len(mids) > 1:
        raise BadOffer("All media has to be in one a=group:BUNDLE (RFC 9725, section 4.4.1).")
    return ()


def _connection(told: Sequence[Attributes]) -> tuple[Credentials, tuple[tuple[str, str], ...], Setup]:
    """ICE credentials, fingerprints and our DTLS role, each of the first place that tells it. Raises BadOffer."""
    remote = _credentials(told)
    if remote is None:
        raise BadOffer("a=ice-ufrag and a=ice-pwd are needed.")
    return remote, _fingerprints(told), _setup(told)


def _credentials(told: Sequence[Attributes]) -> Credentials | None:
    """Those of the first place that has any; None where none has. Raises BadOffer."""
    for attributes in told:
        ufrag, password = first_of(attributes, "ice-ufrag"), first_of(attributes, "ice-pwd")
        if ufrag is not None or password is not None:
            if not _UFRAG.fullmatch(ufrag or "") or not _PASSWORD.fullmatch(password or ""):
                raise BadOffer(
                    "a=ice-ufrag (4 to 256 characters) and a=ice-pwd (22 to 256) belong together: letters, digits, + and /."
                )
            return Credentials(ufrag or "", password or "")
    return None


def _fingerprints(told: Sequence[Attributes]) -> tuple[tuple[str, str], ...]:
    """(hash function, value) of each certificate, of the first place that has any (RFC 8122, section 5). Raises BadOffer."""
    written = next((found for attributes in told if (found := all_of(attributes, "fingerprint"))), [])
    pairs = [value.split() for value in written]
    usable = tuple((p[0].lower(), p[1].upper()) for p in pairs if len(p) == 2 and _is_fingerprint(*p))
    if not usable:
        raise BadOffer(
            "a=fingerprint is needed, of sha-256, sha-384 or sha-512: all its bytes in hexadecimal, by colons."
        )
    return usable


def _is_fingerprint(function: str, value: str) -> bool:
    count = HASHES.get(function.lower())
    return count is not None and len(value) == 3 * count - 1 and _BYTES.fullmatch(value) is not None


def _setup(told: Sequence[Attributes]) -> Setup:
    written = next((value for attributes in told if (value := first_of(attributes, "setup"))), "").lower()
    if written not in ("actpass", "active", "passive"):
        raise BadOffer("a=setup is needed: actpass, active or passive (RFC 8842, section 5).")
    return "active" if written == "passive" else "passive"


class Answering(Struct, frozen=True, kw_only=True):
    """What an answer says of the server. `sources`: SSRCs by kind, if it sends; what is lost is sent again as the same."""

    session: int
    local: Credentials
    fingerprint: tuple[str, str]
    addresses: tuple[str, ...]
    port: int
    sources: dict[str, int] = {}
    start_bitrate_kbps: int = 0


def answer(offer: Offer, given: Answering) -> str:
    """The SDP answer."""
    lines = ["v=0", f"o=livehub {given.session} 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    if offer.bundle:
        lines.append("a=group:BUNDLE " + " ".join(s.mid for s in offer.taken()))
    lines += ["a=ice-lite", "a=msid-semantic:WMS *"]
    for stream in offer.streams:
        lines += _refused(stream) if stream.codec is None else _accepted(offer, stream, stream.codec, given)
    return "\r\n".join(lines) + "\r\n"


def candidates(addresses: tuple[str, ...], port: int) -> list[str]:
    """Host candidates of our UDP port, the first address preferred (RFC 8445, section 5.1.2.1)."""
    count = len(addresses)
    return [
        f"a=candidate:{n + 1} 1 udp {(126 << 24) | ((65_535 - n) << 8) | 255} {address} {port} typ host"
        for n, address in zip(range(count), addresses, strict=True)
    ]


class Fragment(Struct, frozen=True):
    """What a PATCH brings: the peer's ICE credentials (RFC 8840, section 9). Its candidates a lite agent has no use for."""

    remote: Credentials | None


def read_fragment(text: str) -> Fragment:
    """An `application/trickle-ice-sdpfrag`: credentials above the m-lines, or in one of them. Raises BadOffer."""
    described = read_description(text)
    return Fragment(_credentials((described.attributes, *(section.attributes for section in described.sections))))


def write_fragment(offer: Offer, local: Credentials, addresses: tuple[str, ...], port: int) -> str:
    """What answers an ICE restart. Candidates stand in the section that the group is tagged by (RFC 8840, section 4.4)."""
    tagged = offer.taken()[0]
    lines = ["a=ice-lite", f"a=ice-ufrag:{local.ufrag}", f"a=ice-pwd:{local.password}"]
    lines += [f"m={tagged.kind} 9 {tagged.protocol} 0", *_named(tagged)]
    return "\r\n".join([*lines, *candidates(addresses, port), "a=end-of-candidates"]) + "\r\n"


def _named(stream: MediaLine) -> list[str]:
    return [f"a=mid:{stream.mid}"] if stream.mid else []  # RFC 5888, section 9: none where the offer has none


def _transport_cc(section: Section, codec: Codec | None) -> int | None:
    """One byte's header has ids 1 to 14 (RFC 8285, section 4.2). `a=extmap:4/sendonly URI attributes`."""
    if codec is None or "transport-cc" not in codec.feedback:
        return None
    written = (value.split() for value in all_of(section.attributes, "extmap"))
    ids = (parts[0].partition("/")[0] for parts in written if len(parts) > 1 and parts[1] == TRANSPORT_CC)
    return next((int(number) for number in ids if _EXTENSION.fullmatch(number)), None)


def _refused(stream: MediaLine) -> list[str]:
    return [
        f"m={stream.kind} 0 {stream.protocol} {stream.formats}",
        "c=IN IP4 0.0.0.0",
        *_named(stream),
        "a=inactive",
    ]


FEEDBACK = {"video": ("nack", "nack pli", "goog-remb"), "audio": ()}


def _accepted(offer: Offer, stream: MediaLine, codec: Codec, given: Answering) -> list[str]:
    number = codec.payload_type
    rtx = codec.rtx if not given.sources else None
    formats = [str(number)] + ([str(rtx)] if rtx is not None else [])
    lines = [
        f"m={stream.kind} 9 {stream.protocol} {' '.join(formats)}",
        "c=IN IP4 0.0.0.0",
        *_named(stream),
        "a=sendonly" if given.sources else "a=recvonly",
        "a=rtcp-mux",
        "a=rtcp-mux-only",  # RFC 9725, section 4.4.1, asks for it, RFC 8858 for offers alone; nothing is known to mind it
        "a=rtcp-rsize",
        f"a=ice-ufrag:{given.local.ufrag}",
        f"a=ice-pwd:{given.local.password}",
        f"a=fingerprint:{given.fingerprint[0]} {given.fingerprint[1]}",
        f"a=setup:{offer.setup}",
    ]
    fmtp = codec.fmtp
    if stream.kind == "video":
        lines.append(f"a=rtpmap:{number} H264/90000")
        if given.start_bitrate_kbps:
            fmtp = ";".join(filter(None, (fmtp, f"x-google-start-bitrate={given.start_bitrate_kbps}")))
    else:
        lines.append(f"a=rtpmap:{number} opus/48000/2")
    if fmtp:
        lines.append(f"a=fmtp:{number} {fmtp}")
    lines += [f"a=rtcp-fb:{number} {f}" for f in FEEDBACK[stream.kind] if f in codec.feedback]
    if stream.transport_cc is not None and not given.sources:
        lines += [f"a=extmap:{stream.transport_cc} {TRANSPORT_CC}", f"a=rtcp-fb:{number} transport-cc"]
    if rtx is not None:
        lines += [f"a=rtpmap:{rtx} rtx/{90_000 if stream.kind == 'video' else 48_000}", f"a=fmtp:{rtx} apt={number}"]
    source = given.sources.get(stream.kind)
    if source is not None:
        lines.append(f"a=msid:livehub {stream.kind}")
        lines += [f"a=ssrc:{source} cname:livehub", f"a=ssrc:{source} msid:livehub {stream.kind}"]
    return [*lines, *candidates(given.addresses, given.port), "a=end-of-candidates"]
