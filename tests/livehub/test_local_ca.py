"""The certificate of the local network: kept while it is good, renewed before it is not, and good for nothing else."""

import ipaddress
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509

from livehub.base.config import Config, ConfigError
from livehub.commands import local_ca
from livehub.node.tls import base_url, load_tls

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LOOPBACK = [ipaddress.ip_address("127.0.0.1")]
HERE = [*LOOPBACK, ipaddress.ip_address("192.168.7.20")]
VIEWERS = 24  # more than the send loop takes at least


@pytest.fixture
def files(tmp_path: Path) -> local_ca.Files:
    return local_ca.files_for(tmp_path, HERE, ["localhost", "farm.local"], datetime.now(UTC))


def trusting(files: local_ca.Files) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(files.authority))


def test_a_key_is_readable_by_its_owner_alone(tmp_path: Path):
    files = local_ca.files_for(tmp_path, HERE, ["localhost"], NOW)
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "tls" / "ca.key").stat().st_mode) == 0o600


def test_it_is_kept_while_it_is_good_and_renewed_before_it_is_not(tmp_path: Path):
    def serial(reached_at: list[local_ca.Address], now: datetime) -> tuple[int, str]:
        files = local_ca.files_for(tmp_path, reached_at, ["localhost"], now)
        return x509.load_pem_x509_certificate(files.certificate.read_bytes()).serial_number, files.fingerprint

    first, authority = serial(HERE, NOW)
    assert serial(HERE, NOW + timedelta(days=59)) == (first, authority)
    assert serial(LOOPBACK, NOW) == (first, authority)
    renewed = serial(HERE, NOW + timedelta(days=61))
    assert renewed[0] != first
    moved = serial([*HERE, ipaddress.ip_address("10.1.2.3")], NOW + timedelta(days=61))
    assert moved[0] not in (first, renewed[0])
    assert renewed[1] == moved[1] == authority  # so that phones need not learn another one


def test_files_that_are_broken_are_made_anew(tmp_path: Path):
    local_ca.files_for(tmp_path, HERE, ["localhost"], NOW)
    (tmp_path / "tls" / "ca.crt").write_bytes(b"nonsense")
    (tmp_path / "tls" / "lan.key").unlink()
    files = local_ca.files_for(tmp_path, HERE, ["localhost"], NOW)
    leaf, authority = (
        x509.load_pem_x509_certificate(path.read_bytes()) for path in (files.certificate, files.authority)
    )
    leaf.verify_directly_issued_by(authority)


def test_a_leaf_is_short_lived_and_names_the_addresses(tmp_path: Path):
    leaf = x509.load_pem_x509_certificate(
        local_ca.files_for(tmp_path, HERE, ["localhost"], NOW).certificate.read_bytes()
    )
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == HERE
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=397)


def test_the_authority_vouches_for_no_site_on_the_internet(tmp_path: Path):
    files = local_ca.files_for(tmp_path, [ipaddress.ip_address("8.8.8.8")], ["bank.example"], datetime.now(UTC))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(files.certificate, files.key)
    for name in ("bank.example", "8.8.8.8"):
        with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
            _shake_hands(server, trusting(files), name)


def test_the_authority_vouches_for_addresses_of_the_local_network(files: local_ca.Files):
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(files.certificate, files.key)
    for name in ("192.168.7.20", "127.0.0.1", "localhost", "farm.local"):
        _shake_hands(server, trusting(files), name)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for '192\.168\.7\.21'"):
        _shake_hands(server, trusting(files), "192.168.7.21")


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> None:
    """Both sides in memory. Raises what the client finds wrong."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    theirs = server.wrap_bio(up, down, server_side=True)
    ours = client.wrap_bio(down, up, server_hostname=name)
    for _ in range(3):
        for side in (ours, theirs):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert ours.getpeercert()


def test_this_machines_addresses_are_private_ones():
    assert ipaddress.ip_address("127.0.0.1") in local_ca.addresses()
    assert all(local_ca.is_private(address) for address in local_ca.addresses())
    assert not local_ca.is_private(ipaddress.ip_address("8.8.8.8"))


def _config(**settings: str) -> Config:
    return msgspec.convert(settings, Config)


def test_a_certificate_and_its_key_go_together(files: local_ca.Files, tmp_path: Path):
    assert load_tls(_config()) is None
    assert load_tls(_config(tls_cert=str(files.certificate), tls_key=str(files.key))) is not None
    with pytest.raises(ConfigError, match="go together"):
        load_tls(_config(tls_cert=str(files.certificate)))
    with pytest.raises(ConfigError, match="can't be used"):
        load_tls(_config(tls_cert=str(files.certificate), tls_key=str(tmp_path / "tls" / "ca.key")))
    with pytest.raises(ConfigError, match="can't be used"):
        load_tls(_config(tls_cert=str(tmp_path / "none.crt"), tls_key=str(files.key)))


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "http://localhost:8080"),
        ({"host": "::"}, "http://localhost:8080"),
        ({"host": "::1"}, "http://localhost:8080"),
        ({"host": "0.0.0.0", "tls_cert": "x"}, "https://localhost:8080"),
        ({"host": "192.0.2.1"}, "http://192.0.2.1:8080"),
        ({"host": "2001:db8::1"}, "http://[2001:db8::1]:8080"),
        ({"public_url": "https://live.example/"}, "https://live.example"),
    ],
)
def test_the_address_shown_is_one_that_works(settings: dict[str, str], url: str):
    assert base_url(_config(**settings), 8080) == url
