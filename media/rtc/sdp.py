"""Offers read, answers written (RFC 8829, RFC 9429). Pure: no I/O, no clock, no chance.

One H.264 and one Opus stream, bundled, RTCP multiplexed: that is all WHIP and WHEP need here. An offer may hold more; what is
not taken is refused in the answer with port 0. The server is ICE lite (RFC 8445, section 2.5): it has public addresses or a
forwarded port, so it answers checks and sends none of its own.
"""

from typing import Literal

from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.sdp import MediaDescription, SessionDescription
from msgspec import Struct

from media.errors import BadOffer, MediaNotAccepted

Kind = Literal["video", "audio"]
Setup = Literal["active", "passive"]

MEDIA_MAX = 16
BASELINE, MAIN, HIGH = 0x42, 0x4D, 0x64


class Credentials(Struct, frozen=True):
    """What authenticates ICE checks, of one side (RFC 8445, section 5.3)."""

    ufrag: str
    password: str


class Codec(Struct, frozen=True, kw_only=True):
    """A codec of the offer that is taken. `rtx`: payload type of its retransmissions (RFC 4588), if offered."""

    payload_type: int
    rtx: int | None
    fmtp: str
    feedback: tuple[str, ...]


class MediaLine(Struct, frozen=True, kw_only=True):
    """One m-line of the offer; `codec` None: it is refused."""

    mid: str
    kind: str
    protocol: str
    formats: str
    codec: Codec | None
    msid: str


class Offer(Struct, frozen=True, kw_only=True):
    """An offer that can be answered. `setup`: the DTLS role the server takes."""

    streams: tuple[MediaLine, ...]
    remote: Credentials
    fingerprints: tuple[tuple[str, str], ...]
    setup: Setup
    bundle: tuple[str, ...]

    def codec(self, kind: Kind) -> Codec | None:
        """The codec taken for this kind of media."""
        return next((s.codec for s in self.streams if s.kind == kind and s.codec is not None), None)


def read_offer(text: str, *, sends: bool) -> Offer:
    """An offer of a peer that `sends` (WHIP) or that receives (WHEP). Raises BadOffer, MediaNotAccepted."""
    described = _parsed(text)
    if not described.media or len(described.media) > MEDIA_MAX:
        raise BadOffer("The offer has no media, or too many m-lines.")
    bundle = next((tuple(map(str, g.items)) for g in described.group if g.semantic == "BUNDLE"), ())
    first = described.media[0]
    if not bundle and len(described.media) > 1:
        raise BadOffer("a=group:BUNDLE is needed.")
    if first.dtls is None or not first.dtls.fingerprints:
        raise BadOffer("a=fingerprint and a=setup are needed.")
    ice = first.ice
    ufrag, password = (ice.usernameFragment, ice.password) if ice is not None else (None, None)
    if not ufrag or not password or not (4 <= len(ufrag) <= 256 and 22 <= len(password) <= 256):  # RFC 8839, 5.4
        raise BadOffer("a=ice-ufrag and a=ice-pwd are needed.")
    streams: list[MediaLine] = []
    taken: set[str] = set()
    for media in described.media:
        stream = _stream(media, sends=sends, taken=taken)
        if stream.codec is not None:
            taken.add(stream.kind)
        streams.append(stream)
    if "video" not in taken:
        raise MediaNotAccepted
    return Offer(
        streams=tuple(streams),
        remote=Credentials(ufrag, password),
        fingerprints=tuple((f.algorithm, f.value) for f in first.dtls.fingerprints),
        setup="active" if first.dtls.role == "server" else "passive",
        bundle=bundle or (streams[0].mid,),
    )


class Answering(Struct, frozen=True, kw_only=True):
    """What an answer says of the server. `sources`: (SSRC of the media, of its retransmissions) by kind, if it sends."""

    session: int
    local: Credentials
    fingerprint: tuple[str, str]
    addresses: tuple[str, ...]
    port: int
    sources: dict[str, tuple[int, int]] = {}
    start_bitrate_kbps: int = 0


def answer(offer: Offer, given: Answering) -> str:
    """The SDP answer."""
    taken = [s for s in offer.streams if s.codec is not None]
    lines = [
        "v=0",
        f"o=livehub {given.session} 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE " + " ".join(s.mid for s in taken),
        "a=ice-lite",
        "a=msid-semantic:WMS *",
    ]
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
    """An `application/trickle-ice-sdpfrag`. Raises BadOffer."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.strip().removeprefix("a=").partition(":")
        if colon and name in ("ice-ufrag", "ice-pwd"):
            found.setdefault(name, value.strip())
    if not found:
        return Fragment(None)
    ufrag, password = found.get("ice-ufrag", ""), found.get("ice-pwd", "")
    if not (4 <= len(ufrag) <= 256 and 22 <= len(password) <= 256):
        raise BadOffer("a=ice-ufrag and a=ice-pwd belong together.")
    return Fragment(Credentials(ufrag, password))


def write_fragment(local: Credentials, addresses: tuple[str, ...], port: int) -> str:
    """What answers an ICE restart."""
    lines = [f"a=ice-ufrag:{local.ufrag}", f"a=ice-pwd:{local.password}", "a=ice-lite"]
    return "\r\n".join([*lines, *candidates(addresses, port), "a=end-of-candidates"]) + "\r\n"


def _parsed(text: str) -> SessionDescription:
    try:
        return SessionDescription.parse(text)
    except Exception as error:  # the parser leaves hostile input to whatever comes: KeyError, AssertionError, ...
        raise BadOffer(f"This SDP cannot be read ({type(error).__name__}).") from error


def _stream(media: MediaDescription, *, sends: bool, taken: set[str]) -> MediaLine:
    kind = media.kind
    fits = (
        kind in ("video", "audio")
        and kind not in taken
        and media.port != 0
        and (media.direction or "sendrecv") in (("sendonly", "sendrecv") if sends else ("recvonly", "sendrecv"))
    )
    codec = None
    if fits:
        codec = _h264(media) if kind == "video" else _opus(media)
    return MediaLine(
        mid=str(media.rtp.muxId) or "0",
        kind=kind,
        protocol=media.profile,
        formats=" ".join(map(str, media.fmt)) or "0",
        codec=codec,
        msid=media.msid or "",
    )


def _h264(media: MediaDescription) -> Codec | None:
    ranked = [
        (rank, codec)
        for codec in media.rtp.codecs
        if codec.mimeType.lower() == "video/h264"
        and str(codec.parameters.get("packetization-mode", "0")) == "1"
        and (rank := _rank(str(codec.parameters.get("profile-level-id", "42001f")))) is not None
    ]
    return _codec(media, min(ranked, key=lambda pair: pair[0])[1]) if ranked else None


def _rank(profile_level_id: str) -> int | None:
    """How welcome a profile is, 0 most: every player decodes constrained baseline (RFC 6184, section 8.1); None: not taken."""
    try:
        number = int(profile_level_id, 16)
    except ValueError:
        return None
    profile, constraints = number >> 16, number >> 8 & 0xFF
    if profile == BASELINE:
        return 0 if constraints & 0x40 else 1
    if profile == MAIN:
        return 2
    if profile == HIGH:
        return 3 if constraints & 0x0C == 0x0C else 4
    return None


def _opus(media: MediaDescription) -> Codec | None:
    offered = [codec for codec in media.rtp.codecs if codec.mimeType.lower() == "audio/opus"]
    return _codec(media, offered[0]) if offered else None


def _codec(media: MediaDescription, codec: RTCRtpCodecParameters) -> Codec:
    number = codec.payloadType
    rtx = next(
        (
            other.payloadType
            for other in media.rtp.codecs
            if other.mimeType.lower().endswith("/rtx") and str(other.parameters.get("apt")) == str(number)
        ),
        None,
    )
    parameters = ";".join(f"{k}={v}" if v is not None else str(k) for k, v in codec.parameters.items())
    feedback = tuple(f"{f.type} {f.parameter}".strip() if f.parameter else f.type for f in codec.rtcpFeedback)
    return Codec(payload_type=number or 0, rtx=rtx, fmtp=parameters, feedback=feedback)


def _refused(stream: MediaLine) -> list[str]:
    return [f"m={stream.kind} 0 {stream.protocol} {stream.formats}", f"a=mid:{stream.mid}", "a=inactive"]


FEEDBACK = {"video": ("nack", "nack pli", "goog-remb"), "audio": ()}


def _accepted(offer: Offer, stream: MediaLine, codec: Codec, given: Answering) -> list[str]:
    number = codec.payload_type
    formats = [str(number)] + ([str(codec.rtx)] if codec.rtx is not None else [])
    lines = [
        f"m={stream.kind} 9 UDP/TLS/RTP/SAVPF {' '.join(formats)}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{stream.mid}",
        "a=sendonly" if given.sources else "a=recvonly",
        "a=rtcp-mux",
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
    if codec.rtx is not None:
        lines += [f"a=rtpmap:{codec.rtx} rtx/{90_000 if stream.kind == 'video' else 48_000}"]
        lines += [f"a=fmtp:{codec.rtx} apt={number}"]
    sources = given.sources.get(stream.kind)
    if sources is not None:
        media, again = sources
        lines.append(f"a=msid:livehub {stream.kind}")
        if codec.rtx is not None:
            lines.append(f"a=ssrc-group:FID {media} {again}")
        for source in (media, again) if codec.rtx is not None else (media,):
            lines += [f"a=ssrc:{source} cname:livehub", f"a=ssrc:{source} msid:livehub {stream.kind}"]
    return [*lines, *candidates(given.addresses, given.port), "a=end-of-candidates"]
