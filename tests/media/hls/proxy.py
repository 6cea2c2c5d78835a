"""nginx with the configuration that livehub ships, on ports of the moment."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

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


@contextlib.contextmanager
def nginx(folder: Path, origin_port: int) -> Iterator[str]:
    """The shipped configuration with only addresses and the cache's folder changed; the address of nginx."""
    program = binary()
    assert program is not None
    port = free_port()
    shipped = (DEPLOY / "livehub.conf").read_text(encoding="utf-8")
    for there, here in (
        ("server 127.0.0.1:8080;", f"server 127.0.0.1:{origin_port};"),
        ("listen 80; ", f"listen 127.0.0.1:{port} backlog=4096; "),
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
        _wait_for(port, process, folder)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    end_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end_s and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError((folder / "error.log").read_text(encoding="utf-8"))
