"""Offers of the publishers and players there are get answers that they take; everything else is refused in words."""

from pathlib import Path

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from media.errors import BadOffer, MediaNotAccepted
from media.rtc.sdp import Answering, Credentials, answer, read_fragment, read_offer, write_fragment

OFFERS = Path(__file__).parent / "offers"
GIVEN = Answering(
    session=7,
    local=Credentials("abcdefgh", "p" * 32),
    fingerprint=("sha-256", "AA:BB"),
    addresses=("192.0.2.1", "2001:db8::1"),
    port=4_000,
)
SENDING = replace(GIVEN, sources={"video": 111, "audio": 333})


def offer(name: str) -> str:
    return (OFFERS / f"{name}.sdp").read_text().replace("\n", "\r\n")


def test_chromium_publishes_h264_baseline_with_retransmission_and_opus() -> None:
    read = read_offer(offer("chromium-whip"), sends=True)
    video, audio = read.codec("video"), read.codec("audio")
    assert video is not None
    assert "profile-level-id=42e01f" in video.fmtp
    assert video.rtx is not None
    assert audio is not None
    assert read.setup == "passive"
    text = answer(read, GIVEN)
    assert f"a=fmtp:{video.rtx} apt={video.payload_type}" in text
    assert "goog-remb" in text
    assert read.transport_cc == 4
    numbered = "a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
    for kind, codec in (("audio", audio), ("video", video)):
        [section] = [part for part in text.split("m=") if part.startswith(kind)]
        assert numbered in section.splitlines()
        assert f"a=rtcp-fb:{codec.payload_type} transport-cc" in section.splitlines()


def test_packets_are_numbered_where_both_sides_can_and_not_to_viewers() -> None:
    text = offer("chromium-whip").replace("transport-cc", "ccm fir")
    assert read_offer(text, sends=True).transport_cc is None
    assert "transport-wide-cc" not in answer(read_offer(text, sends=True), GIVEN)
    mixed = offer("chromium-whip").replace("a=extmap:4 ", "a=extmap:15 ")
    assert read_offer(mixed, sends=True).transport_cc is None
    player = read_offer(offer("chromium-whep"), sends=False)
    assert "transport-" not in answer(player, SENDING)


def test_ffmpeg_publishes_and_wants_us_to_begin_dtls() -> None:
    read = read_offer(offer("ffmpeg-whip"), sends=True)
    assert read.setup == "active"
    assert "a=setup:active" in answer(read, GIVEN)


def test_a_player_is_told_our_sources() -> None:
    read = read_offer(offer("chromium-whep"), sends=False)
    text = answer(read, SENDING)
    assert "a=sendonly" in text
    assert "a=recvonly" not in text
    assert "a=ssrc:111 cname:livehub" in text
    assert "a=ssrc:333 cname:livehub" in text


def test_a_player_is_offered_no_retransmissions_of_their_own_type_since_none_are_sent() -> None:
    read = read_offer(offer("chromium-whep"), sends=False)
    video = read.codec("video")
    assert video is not None
    assert video.rtx is not None
    text = answer(read, SENDING)
    assert f"m=video 9 UDP/TLS/RTP/SAVPF {video.payload_type}\r\n" in text
    assert f"a=rtcp-fb:{video.payload_type} nack\r\n" in text
    for absent in ("rtx", "FID", "apt="):
        assert absent not in text


@pytest.mark.parametrize(("name", "sends"), [("chromium-whip", True), ("ffmpeg-whip", True), ("chromium-whep", False)])
def test_an_answer_has_the_offers_m_lines_in_order_and_the_way_to_us(name: str, sends: bool) -> None:
    asked = SessionDescription.parse(offer(name))
    told = SessionDescription.parse(answer(read_offer(offer(name), sends=sends), GIVEN))
    assert [m.kind for m in told.media] == [m.kind for m in asked.media]
    assert [m.rtp.muxId for m in told.media] == [m.rtp.muxId for m in asked.media]
    for media in told.media:
        assert media.ice is not None
        assert media.ice.iceLite
        assert [(c.ip, c.port, c.type) for c in media.ice_candidates] == [
            ("192.0.2.1", 4_000, "host"), ("2001:db8::1", 4_000, "host"),
        ]  # fmt: skip
        assert media.rtcp_mux


def without(text: str, start: str) -> str:
    return "\r\n".join(line for line in text.split("\r\n") if not line.startswith(start))


@pytest.mark.parametrize("start", ["a=fingerprint", "a=setup", "a=ice-ufrag", "a=ice-pwd", "a=group", "m="])
def test_an_offer_without_what_webrtc_needs_is_refused(start: str) -> None:
    with pytest.raises(BadOffer):
        read_offer(without(offer("chromium-whip"), start), sends=True)


@pytest.mark.parametrize(
    ("ufrag", "password", "is_taken"),
    [
        ("EsAw", "P2uYro0UCOQ4zxjKXaWCBu", True), ("a+/9", "+" * 22, True), ("u" * 256, "p" * 256, True),
        ("EsA", "p" * 22, False), ("u" * 257, "p" * 22, False), ("EsAw", "p" * 21, False), ("EsAw", "p" * 257, False),
        ("Es:w", "p" * 22, False), ("Es w", "p" * 22, False), ("Es-w", "p" * 22, False), ("Es_w", "p" * 22, False),
        ("EsÄw", "p" * 22, False), ("Es１w", "p" * 22, False), ("EsAw=", "p" * 22, False),
        ("EsAw", "p" * 21 + "=", False), ("EsAw", "ö" * 22, False), ("EsAw", "p" * 21 + "\0", False),
    ],
)  # fmt: skip
def test_ice_credentials_are_letters_digits_plus_and_slash_of_the_right_length(
    ufrag: str, password: str, is_taken: bool
) -> None:
    told = f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\n"
    bare = without(without(offer("ffmpeg-whip"), "a=ice-ufrag"), "a=ice-pwd")
    begin, media = bare.split("m=", 1)
    if is_taken:
        assert read_offer(f"{begin}{told}m={media}", sends=True).remote == Credentials(ufrag, password)
        assert read_fragment(told).remote == Credentials(ufrag, password)
        return
    for read in (lambda: read_offer(f"{begin}{told}m={media}", sends=True), lambda: read_fragment(told)):
        with pytest.raises(BadOffer, match=r"letters, digits, \+ and /") as refused:
            read()
        assert (refused.value.code, refused.value.status) == (5013, 400)


def test_an_offer_without_h264_is_refused_and_one_without_sound_is_not() -> None:
    only_vp8 = offer("chromium-whip").replace("H264/90000", "VP8/90000")
    with pytest.raises(MediaNotAccepted):
        read_offer(only_vp8, sends=True)
    lines = offer("chromium-whip").split("\r\n")
    audio = next(n for n, line in enumerate(lines) if line.startswith("m=audio"))
    deaf = read_offer("\r\n".join(lines[:audio]), sends=True)
    assert deaf.codec("audio") is None
    assert "m=audio" not in answer(deaf, GIVEN)


def test_who_only_receives_cannot_publish_and_who_only_sends_cannot_watch() -> None:
    with pytest.raises(MediaNotAccepted):
        read_offer(offer("chromium-whep"), sends=True)
    with pytest.raises(MediaNotAccepted):
        read_offer(offer("chromium-whip"), sends=False)


@given(st.text(max_size=300))
def test_garbage_is_refused(text: str) -> None:
    with pytest.raises((BadOffer, MediaNotAccepted)):
        read_offer(text, sends=True)


@given(st.data())
def test_offers_with_bytes_changed_are_read_or_refused(data: st.DataObject) -> None:
    text = offer("ffmpeg-whip")
    at = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(at, min(len(text), at + 20)))
    changed = text[:at] + data.draw(st.text(max_size=8)) + text[end:]
    try:
        read = read_offer(changed, sends=True)
    except (BadOffer, MediaNotAccepted):
        return
    assert answer(read, GIVEN).startswith("v=0")


def test_fragments_bring_credentials_or_candidates_alone() -> None:
    restart = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
    assert read_fragment(restart).remote == Credentials("EsAw", "P2uYro0UCOQ4zxjKXaWCBui1")
    assert read_fragment("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=end-of-candidates\r\n").remote is None
    with pytest.raises(BadOffer):
        read_fragment("a=ice-ufrag:EsAw\r\n")
    text = write_fragment(
        read_offer(offer("chromium-whip"), sends=True), Credentials("u" * 8, "p" * 32), ("192.0.2.1",), 9
    )
    assert read_fragment(text).remote == Credentials("u" * 8, "p" * 32)
    assert text.splitlines()[3:] == [
        "m=video 9 UDP/TLS/RTP/SAVPF 0",
        "a=mid:0",
        "a=candidate:1 1 udp 2130706431 192.0.2.1 9 typ host",
        "a=end-of-candidates",
    ]


def test_credentials_of_a_fragment_stand_above_or_in_its_sections() -> None:
    within = "m=video 9 UDP/TLS/RTP/SAVPF 0\na=mid:1\na=ice-ufrag:EsAw\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\n"
    assert read_fragment(within).remote == Credentials("EsAw", "P2uYro0UCOQ4zxjKXaWCBui1")
