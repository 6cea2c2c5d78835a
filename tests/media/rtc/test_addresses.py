"""Peers are told a few addresses that lead to the UDP port, the likeliest first; where they can't, that is said in words."""

import socket

import pytest

from media.rtc.addresses import bound, candidate_addresses, disagreement, host_of, interfaces, on_the_way_out
from media.settings import MediaConfig

OWN = [
    ("lo", "127.0.0.1"), ("lo", "::1"), ("docker0", "172.17.0.1"), ("br-3f2a", "172.18.0.1"), ("eth1", "10.8.0.3"),
    ("eth1", "fe80::2"), ("eth0", "192.0.2.7"), ("eth0", "2001:db8::7"), ("eth0", "169.254.7.7"), ("veth12", "10.99.0.1"),
]  # fmt: skip
PREFERRED = ["192.0.2.7", "2001:db8::7"]


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("::", ("192.0.2.7", "2001:db8::7", "10.8.0.3")),
        ("0.0.0.0", ("192.0.2.7", "10.8.0.3")),
        ("127.0.0.1", ("127.0.0.1",)),
        ("10.8.0.3", ("10.8.0.3",)),
    ],
)
def test_without_a_setting_peers_are_told_this_machines_own(host: str, told: tuple[str, ...]) -> None:
    assert candidate_addresses(MediaConfig(), host, OWN, PREFERRED) == told


def test_what_is_set_is_told_as_it_is() -> None:
    config = MediaConfig(media_addresses="203.0.113.5, 2001:db8::5")
    assert candidate_addresses(config, "::", OWN, PREFERRED) == ("203.0.113.5", "2001:db8::5")


def test_no_more_than_four_are_told_and_bridges_only_where_there_is_nothing_else() -> None:
    many = [(f"eth{n}", f"10.0.{n}.1") for n in range(9)]
    assert candidate_addresses(MediaConfig(), "::", many, ["10.0.7.1"]) == (
        "10.0.7.1",
        "10.0.0.1",
        "10.0.1.1",
        "10.0.2.1",
    )
    assert candidate_addresses(MediaConfig(), "::", OWN[:4], ["172.17.0.1"]) == ("172.17.0.1", "172.18.0.1")
    assert candidate_addresses(MediaConfig(), "::", OWN[:2], []) == ("127.0.0.1",)


def test_this_machine_has_addresses_and_those_of_its_routes_are_among_them() -> None:
    own = {address for _, address in interfaces()}
    assert "127.0.0.1" in own
    assert set(on_the_way_out()) <= own


@pytest.mark.parametrize(
    ("host", "told", "port", "words"),
    [
        ("::", "203.0.113.5", 40_000, None),
        ("0.0.0.0", "203.0.113.5", 40_000, None),
        ("192.0.2.7", "203.0.113.5", 40_000, None),  # a router forwards it
        ("192.0.2.7", "192.0.2.7", 40_000, None),
        ("127.0.0.1", "", 0, None),  # tried out on one machine
        (
            "127.0.0.1",
            "203.0.113.5",
            40_000,
            (
                "peers are told 203.0.113.5, but the port is open at 127.0.0.1, which only this machine can reach: "
                "set LIVEHUB_MEDIA_HOST to ::"
            ),
        ),
        (
            "192.0.2.7",
            "10.8.0.3",
            40_000,
            (
                "peers are told 10.8.0.3, but the port is open at 192.0.2.7, which is another address of this machine: "
                "set LIVEHUB_MEDIA_HOST to ::"
            ),
        ),
        (
            "0.0.0.0",
            "203.0.113.5,2001:db8::5",
            40_000,
            "peers are told 2001:db8::5, but the port is open at 0.0.0.0, which is IPv4 alone: set LIVEHUB_MEDIA_HOST to ::",
        ),
        (
            "::",
            "live.example",
            40_000,
            "peers are told live.example, which is no address that they can reach: correct LIVEHUB_MEDIA_ADDRESSES",
        ),
        (
            "::",
            "0.0.0.0",
            40_000,
            "peers are told 0.0.0.0, which is no address that they can reach: correct LIVEHUB_MEDIA_ADDRESSES",
        ),
        (
            "::",
            "203.0.113.5",
            0,
            "LIVEHUB_MEDIA_ADDRESSES is set without LIVEHUB_MEDIA_UDP_PORT: nobody can forward a port that changes",
        ),
    ],
)
def test_candidates_that_lead_nowhere_are_said(host: str, told: str, port: int, words: str | None) -> None:
    config = MediaConfig(media_addresses=told, media_udp_port=port)
    addresses = candidate_addresses(config, host, OWN, PREFERRED)
    assert disagreement(config, host, addresses, OWN) == words


@pytest.mark.parametrize(
    ("setting", "host"),
    [
        ("", "0.0.0.0"),
        ("localhost", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0.0.0.0", "0.0.0.0"),
        ("::", "::" if socket.has_dualstack_ipv6() else "0.0.0.0"),
    ],
)
def test_a_host_is_the_address_that_the_system_opens(setting: str, host: str) -> None:
    with bound(MediaConfig(media_host=setting), 0) as opened:
        assert host_of(opened) == host


@pytest.mark.parametrize("setting", ["no-such-host.invalid", "192.0.2.1"])
def test_a_host_that_is_not_this_machine_is_not_opened(setting: str) -> None:
    with pytest.raises(OSError, match=r"not known|Cannot assign|Name resolution|name resolution"):
        bound(MediaConfig(media_host=setting), 0)
