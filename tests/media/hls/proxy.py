"""nginx with the configuration that livehub ships, on ports of the moment."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

from tests.ports import free_port

DEPLOY = Path(__file__).parent.parent.parent.parent / "deploy" / "nginx"
START_TIMEOUT_S = 10.0

_MAIN = """
daemon off;
worker_processes 1;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_rlimit_nofile 20000;
events {{ worker_connections 16000; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/livehub.conf;
}}
"""


def binary() -> str | None:
    """Where nginx is, if it is installed."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


class Front(Struct, frozen=True):
    """Where nginx listens. `plain`: the same server without TLS, for what speaks none; `redirect`: port 80."""

    plain: str
    tls: str
    redirect: str
    certificate: Path


@contextlib.contextmanager
def nginx(folder: Path, origin_port: int, *, host: str = "127.0.0.1") -> Iterator[str]:
    """As `front`, without TLS; the address of nginx."""
    with front(folder, origin_port, host=host) as ports:
        yield ports.plain


@contextlib.contextmanager
def front(folder: Path, origin_port: int, *, host: str = "127.0.0.1") -> Iterator[Front]:
    """The shipped configuration with only addresses, the certificate and the cache's folder changed, at `host`."""
    program = binary()
    assert program is not None
    port, tls_port, redirect_port = free_port(), free_port(), free_port()
    certificate = _self_signed(folder)
    shipped = (DEPLOY / "livehub.conf").read_text(encoding="utf-8")
    for there, here in (
        ("server 127.0.0.1:8080;", f"server 127.0.0.1:{origin_port};"),
        ("listen 80;", f"listen {host}:{redirect_port};"),
        ("listen 443 ssl http2;", f"listen {host}:{port} backlog=4096; listen {host}:{tls_port} ssl http2;"),
        ("/etc/nginx/livehub.", f"{folder}/livehub."),
        ("127.0.0.1:8079", f"127.0.0.1:{free_port()}"),
        ("/var/cache/nginx/livehub", str(folder / "cache")),
    ):
        assert there in shipped
        shipped = shipped.replace(there, here)
    (folder / "livehub.conf").write_text(shipped, encoding="utf-8")
    for included in ("livehub_live.conf", "livehub_recorded.conf"):
        shutil.copy(DEPLOY / included, folder)
    user = "user root;" if Path("/proc/self").stat().st_uid == 0 else ""  # its workers have to get into our folder
    config = folder / "nginx.conf"
    config.write_text(_MAIN.format(folder=folder, user=user), encoding="utf-8")
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        _wait_for(host, port, process, folder)
        yield Front(
            f"http://{host}:{port}",
            f"https://localhost:{tls_port}",
            f"http://{host}:{redirect_port}",
            certificate,
        )
    finally:
        process.terminate()
        process.wait(timeout=10)


def _self_signed(folder: Path) -> Path:
    """A certificate for localhost, as livehub.pem and livehub.key; the certificate's path."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "livehub.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "livehub.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def _wait_for(host: str, port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    end_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end_s and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError((folder / "error.log").read_text(encoding="utf-8"))
