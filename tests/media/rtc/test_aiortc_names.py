"""The names of aiortc and aioice that are not theirs to keep, but ours to use: this fails when one of them moves."""

import dataclasses
import inspect
import re
from typing import Any

from aioice import stun
from aiortc.rtcdtlstransport import SRTP_PROFILES, RTCCertificate, RTCDtlsParameters, RTCDtlsTransport, State
from aiortc.rtp import RtcpPsfbPacket, RtcpReceiverInfo, RtcpRrPacket, RtcpRtpfbPacket, RtcpSenderInfo, RtcpSrPacket

from media.rtc.dtls import Certificate, IceTransport


def test_dtls_asks_its_path_for_nothing_but_what_ours_has() -> None:
    source = inspect.getsource(RTCDtlsTransport)
    used = set(re.findall(r"self\.transport\.(\w+)", source))
    assert used == {"role", "_recv", "_send"}
    path = IceTransport(lambda _data: None)
    assert all(hasattr(path, name) for name in used)
    assert list(inspect.signature(RTCDtlsTransport.__init__).parameters) == ["self", "transport", "certificates"]


def test_dtls_has_the_names_that_are_read_and_set() -> None:
    transport = RTCDtlsTransport(IceTransport(lambda _data: None), [Certificate.generateCertificate()])  # type: ignore[arg-type]
    assert transport._state is State.NEW
    assert transport.state == "new"
    assert {profile.openssl_profile for profile in transport._srtp_profiles} >= {b"SRTP_AES128_CM_SHA1_80"}
    transport._set_role("server")
    assert transport._role == "server"
    source = inspect.getsource(RTCDtlsTransport)
    assert "self._rx_srtp = Session(" in source
    assert "self._tx_srtp = Session(" in source
    for line in (  # what the session that sends is made from, as aiortc makes its own
        "openssl_profile = self._ssl.get_selected_srtp_profile()",
        'b"EXTRACTOR-dtls_srtp",',
        "2 * (srtp_profile.key_length + srtp_profile.salt_length),",
        "srtp_tx_key = srtp_profile.get_key_and_salt(view, 1)",
        "srtp_tx_key = srtp_profile.get_key_and_salt(view, 0)",
        "srtp_profile=srtp_profile.libsrtp_profile,",
    ):
        assert line in source
    assert list(RTCDtlsParameters.__dataclass_fields__) == ["fingerprints", "role"]


def test_a_certificate_makes_its_context_from_the_profiles_alone() -> None:
    assert list(inspect.signature(RTCCertificate._create_ssl_context).parameters) == ["self", "srtp_profiles"]
    certificate = Certificate.generateCertificate()
    assert isinstance(certificate, Certificate)
    profiles = tuple(SRTP_PROFILES)
    assert certificate._create_ssl_context(profiles) is certificate._create_ssl_context(profiles)
    algorithm, value = certificate.fingerprint()
    assert (algorithm, len(value)) == ("sha-256", 32 * 3 - 1)


def test_rtcp_packets_are_made_of_the_fields_that_are_given() -> None:
    fields: dict[type[Any], set[str]] = {
        RtcpPsfbPacket: {"fmt", "ssrc", "media_ssrc", "fci"},
        RtcpRtpfbPacket: {"fmt", "ssrc", "media_ssrc", "lost"},
        RtcpRrPacket: {"ssrc", "reports"},
        RtcpSrPacket: {"ssrc", "sender_info", "reports"},
        RtcpSenderInfo: {"ntp_timestamp", "rtp_timestamp", "packet_count", "octet_count"},
        RtcpReceiverInfo: {"ssrc", "fraction_lost", "packets_lost", "highest_sequence", "jitter", "lsr", "dlsr"},
    }
    for kind, names in fields.items():
        assert {field.name for field in dataclasses.fields(kind)} == names, kind


def test_stun_messages_have_what_a_lite_agent_needs() -> None:
    names = {"USERNAME", "PRIORITY", "USE-CANDIDATE", "ICE-CONTROLLED", "XOR-MAPPED-ADDRESS", "MESSAGE-INTEGRITY"}
    assert names <= set(stun.ATTRIBUTES_BY_NAME)
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, b"123456789012")
    message.add_message_integrity(b"password")
    assert stun.parse_message(bytes(message)).check_message_integrity(b"password")
    assert not stun.parse_message(bytes(message)).check_message_integrity(b"another")
