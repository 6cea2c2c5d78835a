"""A certificate for the local network, because a phone's browser gives its camera to secure pages only.

    data/tls/ca.crt, ca.key      an authority of this installation's own, made once, for ten years
    data/tls/lan.crt, lan.key    what the server shows, for this machine's addresses; made anew when they change or it gets old

A phone that trusts the authority trusts it for private addresses and `.local` names only: the certificate says so itself
(name constraints, RFC 5280, section 4.2.1.10). So who steals its key can pose as no site on the Internet.
"""

import contextlib
import hashlib
import ipaddress
import os
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from livehub.base.config import ConfigError

AUTHORITY_LIFE = timedelta(days=3_650)
LEAF_LIFE = timedelta(days=90)  # browsers take at most 398 days
RENEW_BEFORE = timedelta(days=30)
CLOCKS_DIFFER = timedelta(days=1)
NAMES_MAX = 64  # addresses of a machine; more are bridges of containers
# RFC 1918, 6598, 3927, 1122, 5737 (networks of examples and tests), 4193, 4291
_PRIVATE: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8",
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "fc00::/7", "fe80::/10", "::1/128",
    )
)  # fmt: skip
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Files:
    """Where the certificate is, and what the authority's fingerprint is (SHA-256, in hexadecimal)."""

    certificate: Path
    key: Path
    authority: Path
    fingerprint: str


def is_private(address: Address) -> bool:
    """Whether the authority may vouch for it."""
    return any(address in network for network in _PRIVATE)


def own_address() -> Address:
    """This machine's address in the local network, that of its default route. Raises ConfigError when there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            raise ConfigError("this machine is in no network; --lan needs one") from None
        address = ipaddress.ip_address(probe.getsockname()[0])
    if not is_private(address):
        raise ConfigError(f"{address} is not an address of a local network; --lan serves no other")
    return address


def addresses() -> list[Address]:
    """All private addresses of this machine at which it can be reached from elsewhere, and its loopback ones."""
    found = {ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")}
    for of_interface in psutil.net_if_addrs().values():
        for entry in of_interface:
            if entry.family in (socket.AF_INET, socket.AF_INET6) and "%" not in entry.address:
                found.add(ipaddress.ip_address(entry.address))
    private = sorted((address for address in found if is_private(address)), key=lambda each: (each.version, each))
    return private[:NAMES_MAX]


def host_names() -> list[str]:
    """`localhost`, and the name under which mDNS knows this machine."""
    name = socket.gethostname().partition(".")[0]
    mdns = [f"{name}.local"] if name.isascii() and name and name != "localhost" else []
    return ["localhost", *mdns]


def files_for(data: Path, reached_at: Sequence[Address], names: Sequence[str], now: datetime) -> Files:
    """The certificate for these addresses and names, made where it is missing, too old or for others."""
    folder = data / "tls"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = _kept(folder / "ca.crt", folder / "ca.key")
    if authority is None or authority[0].not_valid_after_utc < now + LEAF_LIFE:
        authority = _make_authority(now)
        _store(folder / "ca.crt", folder / "ca.key", *authority)
    leaf = _kept(folder / "lan.crt", folder / "lan.key")
    if leaf is None or not _still_good(leaf[0], authority[0], reached_at, names, now):
        leaf = _make_leaf(*authority, reached_at, names, now)
        _store(folder / "lan.crt", folder / "lan.key", *leaf)
    der = authority[0].public_bytes(serialization.Encoding.DER)
    return Files(folder / "lan.crt", folder / "lan.key", folder / "ca.crt", hashlib.sha256(der).hexdigest())


_Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def _make_authority(now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    # A name of its own, so that phones which know two installations can tell them apart.
    name = _name(f"livehub local network {secrets.token_hex(4)}")
    vouches_for = [x509.DNSName("localhost"), x509.DNSName("local"), *(x509.IPAddress(each) for each in _PRIVATE)]
    certificate = (
        _begun(name, name, key.public_key(), now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=vouches_for, excluded_subtrees=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate, key


def _make_leaf(
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    reached_at: Sequence[Address],
    names: Sequence[str],
    now: datetime,
) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    ours = [*(x509.DNSName(name) for name in names), *(x509.IPAddress(address) for address in reached_at)]
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    certificate = (
        _begun(_name("livehub"), authority.subject, key.public_key(), now, LEAF_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(ours), critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return certificate, key


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _still_good(
    leaf: x509.Certificate,
    authority: x509.Certificate,
    reached_at: Sequence[Address],
    names: Sequence[str],
    now: datetime,
) -> bool:
    try:
        leaf.verify_directly_issued_by(authority)
        known = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # noqa: BLE001  # whatever is wrong with it, a new one is made
        return False
    covers = set(reached_at) <= set(known.get_values_for_type(x509.IPAddress)) and (
        set(names) <= set(known.get_values_for_type(x509.DNSName))
    )
    return covers and leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc - RENEW_BEFORE


def _kept(certificate: Path, key: Path) -> _Pair | None:
    """What is there; None when it is missing, broken, or the two do not belong together."""
    try:
        ours = serialization.load_pem_private_key(key.read_bytes(), password=None)
        shown = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(ours, ec.EllipticCurvePrivateKey) or ours.public_key() != shown.public_key():
        return None
    return shown, ours


def _store(
    certificate_path: Path, key_path: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> None:
    _write(
        key_path,
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        mode=0o600,
    )
    _write(certificate_path, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)


def _write(path: Path, data: bytes, *, mode: int) -> None:
    """All of it or nothing, and never readable by more than `mode` says."""
    mine = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        mine.unlink()
    with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    mine.replace(path)
