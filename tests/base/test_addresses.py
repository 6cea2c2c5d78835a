"""A client's address is what our proxy or the connection says, and against limits it counts as the network that it has."""

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from livehub.base.addresses import address_of, area_of, client_address, client_network, network_of


@pytest.mark.parametrize(
    ("forwarded", "trust_proxy", "address"),
    [
        ((), True, "10.0.0.1"),
        (("203.0.113.9",), True, "203.0.113.9"),
        (("1.1.1.1, 203.0.113.9",), True, "203.0.113.9"),  # what comes before the last is the client's own word
        (("6.6.6.6", "203.0.113.9"), True, "203.0.113.9"),  # HAProxy adds a line of its own
        (("6.6.6.6", "7.7.7.7, 203.0.113.9"), True, "203.0.113.9"),
        (("1.1.1.1,",), True, "10.0.0.1"),
        (("203.0.113.9",), False, "10.0.0.1"),
    ],
)
def test_whose_address_it_is(forwarded: tuple[str, ...], trust_proxy: bool, address: str) -> None:
    headers = CIMultiDict([("X-Forwarded-For", line) for line in forwarded])
    request = make_mocked_request("GET", "/", headers=headers).clone(remote="10.0.0.1")
    assert client_address(request, trust_proxy=trust_proxy) == address


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("203.0.113.9:1234", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[203.0.113.9]:80", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("::FFFF:cb00:7109", "203.0.113.9"),
        ("[::ffff:203.0.113.9]:443", "203.0.113.9"),
        ("::203.0.113.9", "::cb00:7109"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("unknown", "unknown"),
        ("_hidden:1234", "_hidden:1234"),
        ("203.0.113.9:", "203.0.113.9:"),
        ("203.0.113.9:http", "203.0.113.9:http"),
        ("203.0.113.9:123456", "203.0.113.9:123456"),
        ("203.0.113.999:80", "203.0.113.999:80"),
        ("[2001:db8::1", "[2001:db8::1"),
        ("[2001:db8::1]443", "[2001:db8::1]443"),
        ("[", "["),
        ("x" * 65, "x" * 64),
    ],
)
def test_a_port_is_no_part_of_an_address(entry: str, address: str) -> None:
    assert address_of([entry], "10.0.0.1", trust_proxy=True) == address


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("", "unknown"),
    ],
)
def test_an_ipv4_client_has_one_address_whatever_we_listen_at(peer: str, address: str) -> None:
    assert address_of((), peer, trust_proxy=False) == address
    assert address_of([" "], peer, trust_proxy=True) == address


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fd00::1", "fd00::/64"),
        ("::1", "::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("64:ff9b::203.0.113.9", "203.0.113.9"),
        ("64:ff9b:1::1", "64:ff9b:1::/64"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("fe80::2", "fe80::2"),
        ("2001:db8::1%eth0", "2001:db8::/64"),
        ("unknown", "unknown"),
        ("_hidden", "_hidden"),
        ("2001:db8:1:2::/64", "2001:db8:1:2::/64"),
    ],
)
def test_of_ipv6_the_network_is_counted(address: str, network: str) -> None:
    assert network_of(address) == network
    assert network_of(network) == network


def test_whose_network_it_is() -> None:
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": "[2001:db8::5]:1234"}).clone(
        remote="10.0.0.1"
    )
    assert client_network(request, trust_proxy=True) == "2001:db8::/64"
    assert client_network(request, trust_proxy=False) == "10.0.0.1"


@pytest.mark.parametrize(
    ("address", "area"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("2001:db8:5:7::1", "2001:db8:5::/48"),
        ("2001:db8:5:7::/64", "2001:db8:5::/48"),
        ("::ffff:198.51.100.7", "198.51.100.0/24"),
        ("64:ff9b::198.51.100.7", "198.51.100.0/24"),
        ("unknown", "unknown"),
    ],
)
def test_the_area_of_an_address_is_what_a_site_is_given(address: str, area: str) -> None:
    assert area_of(address) == area
