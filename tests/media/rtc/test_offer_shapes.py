"""Every shape of offer that RFC 9725, 9143, 8866 and 6184 allow is taken, and what can't be taken is refused in words.

offers/ holds what clients send: captured (Chromium, FFmpeg, GStreamer's webrtcbin, and firefox-esr, which comes without H.264),
or written as their code and documentation have it. Firefox and GStreamer bundle as tightly as there is: all but the first
m-line have port 0.
"""

from collections.abc import Callable

import pytest
from aiortc.sdp import SessionDescription

from media.errors import BadOffer, MediaNotAccepted
from media.rtc.description import read_description
from media.rtc.sdp import answer, read_offer
from tests.media.rtc.test_sdp import GIVEN, offer

Change = Callable[[str], str]


def kinds(text: str) -> list[tuple[str, int]]:
    """(kind, port) of each m-line."""
    return [(media.kind, media.port) for media in SessionDescription.parse(text).media]


@pytest.mark.parametrize(
    ("name", "video", "rtx", "audio", "setup"),
    [
        ("chromium-whip", 108, 109, 111, "passive"),
        ("ffmpeg-whip", 106, 105, 111, "active"),
        ("firefox-h264-whip", 126, 127, 109, "passive"),
        ("gstreamer-webrtcbin-whip", 96, None, 97, "passive"),
        ("gstreamer-whip", 96, 98, 97, "passive"),
        ("obs-whip", 96, None, 111, "passive"),
        ("obs-simulcast-whip", 96, None, 111, "passive"),
        ("safari-ios-whip", 98, 99, 111, "passive"),
        ("larix-whip", 96, 97, 111, "passive"),
        ("libdatachannel-whip", 102, None, 111, "passive"),
        ("rfc9725-whip", 96, 97, 111, "passive"),
        ("chromium-whep", 108, 109, 111, "passive"),
        ("firefox-h264-whep", 126, 127, 109, "passive"),
        ("gstreamer-whep", 96, 98, 97, "passive"),
        ("rfc9725-whep", 96, 97, 111, "passive"),
    ],
)
def test_clients_offers_are_taken_whole(name: str, video: int, rtx: int | None, audio: int, setup: str) -> None:
    read = read_offer(offer(name), sends=name.endswith("whip"))
    h264, opus = read.codec("video"), read.codec("audio")
    assert h264 is not None
    assert opus is not None
    assert (h264.payload_type, h264.rtx, opus.payload_type, read.setup) == (video, rtx, audio, setup)
    told = kinds(answer(read, GIVEN))
    assert [port for kind, port in told if kind != "application"] == [9, 9]
    assert [port for kind, port in told if kind == "application"] == ([0] if name == "libdatachannel-whip" else [])


def test_firefox_without_h264_is_told_what_is_needed_and_what_it_offered() -> None:
    with pytest.raises(MediaNotAccepted) as refused:
        read_offer(offer("firefox-esr-whip"), sends=True)
    assert refused.value.message == "Video is taken as H.264; the offer has VP8, VP9, AV1."
    assert refused.value.details == {"kind": "video", "offered": ["VP8", "VP9", "AV1"]}


def test_an_answer_names_the_group_in_the_offers_order_and_only_what_is_taken() -> None:
    assert "a=group:BUNDLE video-stream audio-stream\r\n" in answer(
        read_offer(offer("libdatachannel-whip"), sends=True), GIVEN
    )
    turned = offer("rfc9725-whip").replace("a=group:BUNDLE 0 1", "a=group:LS 0 1\r\na=group:BUNDLE 1 0")
    assert "a=group:BUNDLE 1 0\r\n" in answer(read_offer(turned, sends=True), GIVEN)


def test_peers_are_told_that_rtcp_has_no_port_of_its_own() -> None:
    assert answer(read_offer(offer("obs-whip"), sends=True), GIVEN).count("a=rtcp-mux-only\r\n") == 2
    assert answer(read_offer(offer("gstreamer-whep"), sends=False), GIVEN).count("a=rtcp-mux-only\r\n") == 2


def test_what_tells_of_the_publishers_own_stream_is_not_said_back() -> None:
    text = answer(read_offer(offer("gstreamer-whip"), sends=True), GIVEN)
    assert "sprop-" not in text
    assert "a=fmtp:96 packetization-mode=1;profile-level-id=42c01f\r\n" in text


PRINT = ":".join(f"{n:02X}" for n in range(0xA0, 0xC0))  # 32 bytes
ONE = "\r\n".join([
    "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE v a", "m=video 9 UDP/TLS/RTP/SAVPF 96",
    "c=IN IP4 0.0.0.0", "a=ice-ufrag:abcd", "a=ice-pwd:0123456789012345678901", f"a=fingerprint:sha-256 {PRINT}",
    "a=setup:actpass", "a=mid:v", "a=sendonly", "a=rtcp-mux", "a=rtpmap:96 H264/90000",
    "a=fmtp:96 packetization-mode=1;profile-level-id=42e01f", "m=audio 0 UDP/TLS/RTP/SAVPF 111", "a=bundle-only", "a=mid:a",
    "a=sendonly", "a=rtpmap:111 opus/48000/2", "",
])  # fmt: skip


def moved_up(text: str, *names: str) -> str:
    """The attributes of these names stand above all m-lines."""
    lines = text.split("\r\n")
    up = [line for line in lines if line.startswith(names)]
    rest = [line for line in lines if not line.startswith(names)]
    return "\r\n".join([*rest[:4], *up, *rest[4:]])


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: text.replace("\r\n", "\n"),
        lambda text: text.replace("\r\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\r\n", " \r\n"),
        lambda text: text.replace("96 H264/90000", "96 h264/90000"),
        lambda text: text.replace("96 H264/90000", "96  H264/90000 "),
        lambda text: text.replace("opus/48000/2", "OPUS/48000/2"),
        lambda text: text.replace("mode=1;profile", "mode=1; profile"),
        lambda text: text.replace("packetization-mode=1;", "packetization-mode = 1 ;"),
        lambda text: text.replace("packetization-mode", "Packetization-Mode"),
        lambda text: text.replace("profile-level-id=42e01f", "profile-level-id=42E01F;"),
        lambda text: text.replace("packetization-mode=1;profile-level-id=42e01f", "packetization-mode=1"),
        lambda text: text.replace("profile-level-id=42e01f", "profile-level-id=42e01f;sprop-parameter-sets=Z0I=,aM4="),
        lambda text: text.replace(
            "packetization-mode=1;profile-level-id=42e01f", "packetization-mode=1\r\na=fmtp:96 profile-level-id=42e01f"
        ),
        lambda text: text.replace("setup:actpass", "setup:ACTPASS"),
        lambda text: text.replace("setup:actpass", "setup:active"),
        lambda text: text.replace(f"sha-256 {PRINT}", f"SHA-256 {PRINT.lower()}"),
        lambda text: text.replace("a=fingerprint", "a=fingerprint:sha-256 ZZ\r\na=fingerprint"),
        lambda text: text.replace("a=fingerprint", "a=fingerprint:sha-1 CC\r\na=fingerprint"),
        lambda text: text.replace("a=mid:", "a=mid: "),
        lambda text: text.replace("mid:v", "mid:{5a-b}~1").replace("BUNDLE v", "BUNDLE {5a-b}~1"),
        lambda text: text.replace("BUNDLE v a", "LS v a\r\na=group:BUNDLE x y\r\na=group:BUNDLE v a"),
        lambda text: text.replace("BUNDLE v a", "bundle v  a "),
        lambda text: moved_up(text, "a=ice-", "a=fingerprint", "a=setup"),
        lambda text: moved_up(text, "a=sendonly"),
        lambda text: text.replace("a=sendonly", "a=sendrecv"),
        lambda text: text.replace("a=sendonly\r\n", ""),
        lambda text: text.replace("m=video 9 ", "m=video 9/1 "),
        lambda text: text.replace("UDP/TLS/RTP/SAVPF", "RTP/SAVPF"),
        lambda text: text.replace("UDP/TLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVPF"),
        lambda text: text.replace("s=-\r\n", "s=\r\ni=a farm\r\nb=AS:4000\r\nk=x\r\nz=y\r\n"),
        lambda text: text.replace("c=IN IP4 0.0.0.0", "c=IN IP6 ::\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=candidate:x"),
        lambda text: text.replace("a=rtcp-mux", "a=ssrc:1\r\na=ssrc-group:x\r\na=extmap:1/sendonly urn:x y=z\r\na=rid"),
        lambda text: text.replace("SAVPF 96", "SAVPF 97 96 35").replace("a=rtpmap:96", "a=rtpmap:97 VP8/90000\r\na=rtpmap:96"),
        lambda text: text.replace("SAVPF 111", "SAVPF 0 8 111"),
        lambda text: text + "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:w\r\na=rtpmap:96 H264/90000\r\n",
        lambda text: text + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:w\r\na=inactive\r\na=rtpmap:96 H264/90000\r\n",
        lambda text: text + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:w\r\na=recvonly\r\n",
        lambda text: text + "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\na=bundle-only\r\na=mid:w\r\n",
        lambda text: text + "m=text 9 TCP/MSRP *\r\n",
    ],
)  # fmt: skip
def test_what_the_rfcs_allow_is_taken(change: Change) -> None:
    text = change(ONE)
    read = read_offer(text, sends=True)
    h264, opus = read.codec("video"), read.codec("audio")
    assert h264 is not None
    assert opus is not None
    assert (h264.payload_type, opus.payload_type) == (96, 111)
    assert (read.remote.ufrag, read.remote.password) == ("abcd", "0123456789012345678901")
    assert read.fingerprints == (("sha-256", PRINT),)
    told = answer(read, GIVEN)
    assert told.count("\r\nm=") == text.count("m=video") + text.count("m=audio") + text.count("m=app") + text.count(
        "m=text"
    )


def test_an_answer_speaks_the_profile_and_the_names_of_the_offer() -> None:
    legacy = ONE.replace("UDP/TLS/RTP/SAVPF", "RTP/SAVPF")
    assert answer(read_offer(legacy, sends=True), GIVEN).count("RTP/SAVPF") == 2
    assert "UDP/TLS" not in answer(read_offer(legacy, sends=True), GIVEN)
    alone = ONE[: ONE.index("m=audio")].replace("a=mid:v\r\n", "").replace("a=group:BUNDLE v a\r\n", "")
    told = answer(read_offer(alone, sends=True), GIVEN)
    assert "a=mid" not in told
    assert "a=group" not in told


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("opus/48000/2", "PCMU/8000"), "Sound is taken as Opus; the offer has PCMU."),
        (
            lambda text: text.replace("SAVPF 111", "SAVPF 0 8 111").replace("opus/48000", "MPEG4-GENERIC/44100"),
            "Sound is taken as Opus; the offer has PCMU, PCMA, MPEG4-GENERIC.",
        ),
        (lambda text: text.replace("rtpmap:111", "rtpmap:112"), "Sound is taken as Opus; the offer has nothing that is known."),
        (lambda text: text.replace("H264", "H265"), "Video is taken as H.264; the offer has H265."),
        (
            lambda text: text.replace("42e01f", "f4001f"),
            "H.264 is taken in Baseline, Main or High profile, to players with packetization mode 1; the offer has H264.",
        ),
        (
            lambda text: text.replace("mode=1", "mode=2"),
            "H.264 is taken in Baseline, Main or High profile, to players with packetization mode 1; the offer has H264.",
        ),
        (
            # The marker bit makes an RTCP packet of it.
            lambda text: text.replace("96", "72"),
            "Video is taken as H.264; the offer has nothing that is known.",
        ),
        (lambda text: text.replace("m=audio 0", "m=video 0").replace("opus/48000/2", "H264/90000"),
         "One track of video is taken; the offer sends 2."),
        (lambda text: text + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:b\r\na=rtpmap:111 opus/48000/2\r\n",
         "One track of audio is taken; the offer sends 2."),
        (lambda text: text.replace("m=video 9", "m=video 0"), "The offer sends no video."),
        (lambda text: text.replace("a=sendonly", "a=inactive"), "The offer sends no video."),
        (lambda text: text.replace("a=sendonly", "a=recvonly"), "The offer sends no video."),
    ],
)  # fmt: skip
def test_media_that_cannot_be_taken_refuses_the_whole_offer_in_words(change: Change, words: str) -> None:
    with pytest.raises(MediaNotAccepted) as refused:
        read_offer(change(ONE), sends=True)
    assert refused.value.message == words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("m=audio 0", "m=audio 9").replace("BUNDLE v a", "BUNDLE v"), "a=group:BUNDLE"),
        (lambda text: text.replace("m=audio 0", "m=audio 9").replace("a=group:BUNDLE v a\r\n", ""), "a=group:BUNDLE"),
        (lambda text: text.replace("a=mid:a", "a=mid:v"), "a=mid"),
        (lambda text: text.replace("a=mid:a", "a=mid:a b"), "a=mid"),
        (lambda text: text.replace("setup:actpass", "setup:holdconn"), "a=setup"),
        (lambda text: text.replace("sha-256", "md5"), "a=fingerprint"),
        (lambda text: text.replace(PRINT, "ZZ"), "a=fingerprint"),
        (lambda text: text.replace(PRINT, "Z" + PRINT[1:]), "a=fingerprint"),
        (lambda text: text.replace(PRINT, PRINT[:-3]), "a=fingerprint"),
        (lambda text: text.replace(PRINT, PRINT + ":00"), "a=fingerprint"),
        (lambda text: text.replace(PRINT, PRINT.replace(":", "-")), "a=fingerprint"),
        (lambda text: text.replace(f"sha-256 {PRINT}", f"sha-512 {PRINT}"), "a=fingerprint"),
        (lambda text: text.replace("111", "96"), "payload type"),
        (
            lambda text: text.replace("SAVPF 96", "SAVPF 96 111").replace(
                "a=rtpmap:96", "a=rtpmap:111 rtx/90000\r\na=fmtp:111 apt=96\r\na=rtpmap:96"
            ),
            "payload type",
        ),
        (
            lambda text: text.replace("SAVPF 96", "SAVPF 96 096").replace(
                "a=rtpmap:96", "a=rtpmap:096 rtx/90000\r\na=fmtp:096 apt=96\r\na=rtpmap:96"
            ),
            "payload type",
        ),
        (lambda text: text.replace("a=ice-pwd:", "a=x:"), "a=ice-pwd"),
        (lambda text: text.replace("m=video 9", "m=video 70000"), "m-line"),
        (lambda text: text.replace("m=video 9", "m=video nine"), "m-line"),
        (lambda text: text + "m=\r\n", "m-line"),
        (lambda text: text + "m=video 9 RTP/AVP 96\r\n" * 15, "too many"),
        (lambda text: text + "a=x\r\n" * 5_000, "too many"),
        (
            lambda text: text.replace("SAVPF 96", "SAVPF 96 " + " ".join(map(str, range(1_000, 1_128)))),
            "more than 128 formats",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(change: Change, words: str) -> None:
    with pytest.raises(BadOffer) as refused:
        read_offer(change(ONE), sends=True)
    assert words in refused.value.message


def test_a_payload_type_that_is_repeated_is_read_once() -> None:
    repeated = ONE.replace("SAVPF 96", "SAVPF" + " 96" * 3_000 + " 97 96").replace("42e01f", "42e01f;" + "a;" * 4_000)
    # What is read for each format of a section is read for these two.
    assert [section.formats for section in read_description(repeated).sections] == [("96", "97"), ("111",)]
    read = read_offer(repeated, sends=True)
    assert read.streams[0].formats == "96 97"
    codec = read.codec("video")
    assert codec is not None
    assert (codec.payload_type, codec.fmtp) == (96, "packetization-mode=1;profile-level-id=42e01f;a")


def test_an_m_line_may_name_all_payload_types_there_are() -> None:
    every = ONE.replace("SAVPF 96", "SAVPF " + " ".join(map(str, range(128))))
    assert len(read_offer(every, sends=True).streams[0].formats.split()) == 128


def test_port_0_without_a_group_or_without_bundle_only_is_the_offerers_own_refusal() -> None:
    for text in (ONE.replace("BUNDLE v a", "BUNDLE v"), ONE.replace("a=bundle-only\r\n", "")):
        assert kinds(answer(read_offer(text, sends=True), GIVEN)) == [("video", 9), ("audio", 0)]


def test_single_nal_units_are_taken_from_publishers_and_not_sent_to_players() -> None:
    single = ONE.replace("packetization-mode=1;", "")
    read = read_offer(single, sends=True).codec("video")
    assert read is not None
    assert read.fmtp == "profile-level-id=42e01f"
    with pytest.raises(MediaNotAccepted):
        read_offer(single.replace("sendonly", "recvonly"), sends=False)


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ("42001f", "42e01f"), ("4d001f", "42001f"), ("64001f", "640c1f"), ("640c1f", "4d001f"), ("42001f", "4d801f"),
        ("64001f", "58c01f"), ("4d001f", "58801f"), ("58001f", "64001f"), ("nonsense", "64001f"),
    ],
)  # fmt: skip
def test_the_profile_that_most_players_decode_is_chosen(worse: str, better: str) -> None:
    formats = [f"a=rtpmap:{n} H264/90000\r\na=fmtp:{n} packetization-mode=1;profile-level-id={p}\r\n" for n, p in
               ((96, worse), (97, better))]  # fmt: skip
    head, tail = ONE.split("a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;profile-level-id=42e01f\r\n")
    read = read_offer(head.replace("SAVPF 96", "SAVPF 96 97") + "".join(formats) + tail, sends=True)
    codec = read.codec("video")
    assert codec is not None
    assert codec.payload_type == 97


def test_of_equal_formats_the_first_of_the_m_line_is_chosen() -> None:
    both = ONE.replace("SAVPF 96", "SAVPF 98 96").replace(
        "a=rtpmap:96", "a=rtpmap:98 H264/90000\r\na=fmtp:98 packetization-mode=1;profile-level-id=42e01f\r\na=rtpmap:96"
    )
    codec = read_offer(both, sends=True).codec("video")
    assert codec is not None
    assert codec.payload_type == 98


def test_a_player_cannot_tell_sound_from_picture_by_one_payload_type() -> None:
    with pytest.raises(BadOffer, match="payload type"):
        read_offer(ONE.replace("a=sendonly", "a=recvonly").replace("111", "96"), sends=False)


def test_a_player_that_offers_more_gets_one_picture_and_one_sound() -> None:
    more = ONE.replace("a=sendonly", "a=recvonly").replace("BUNDLE v a", "BUNDLE v a w b")
    for kind, mid, codec in (("video", "w", "VP8/90000"), ("audio", "b", "opus/48000/2")):
        more += f"m={kind} 9 UDP/TLS/RTP/SAVPF 100\r\na=mid:{mid}\r\na=recvonly\r\na=rtpmap:100 {codec}\r\n"
    assert kinds(answer(read_offer(more, sends=False), GIVEN)) == [
        ("video", 9),
        ("audio", 9),
        ("video", 0),
        ("audio", 0),
    ]
    with pytest.raises(MediaNotAccepted, match="Sound is taken as Opus"):
        read_offer(ONE.replace("a=sendonly", "a=recvonly").replace("opus/48000/2", "PCMA/8000"), sends=False)
