"""nginx with nchan, one worker process: subscribers by WebSocket, publications by HTTP POST; configured for speed."""

import contextlib
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

from loadtest.peers.peer import Mode, Peer, Program, Served, said
from loadtest.peers.processes import NotStarted, children, free_port, new_folder, running

MODULE = "ngx_nchan_module.so"
DESCRIPTORS_MAX = 20_000

# One worker; no logs; messages in memory, as few and as short-lived as the module allows while none gets lost between two
# publications; no pings, as no other peer sends any in the minutes that a round takes.
CONFIG = """
{load_module}
daemon off;
worker_processes 1;
worker_rlimit_nofile {descriptors};
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{
    worker_connections {connections};
    use epoll;
    multi_accept on;
}}
http {{
    access_log off;
    tcp_nodelay on;
    keepalive_timeout 1h;
    keepalive_requests 100000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    nchan_shared_memory_size 256M;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location ~ ^/pub/([a-z]+)$ {{
            nchan_publisher http;
            nchan_channel_id $1;
            nchan_message_buffer_length 100;
            nchan_message_timeout 10s;
        }}
        location ~ ^/sub/([a-z]+)$ {{
            nchan_subscriber websocket;
            nchan_channel_id $1;
            nchan_subscriber_first_message newest;
            nchan_websocket_ping_interval 0;
        }}
    }}
}}
"""


class Nchan(Peer):
    """See the module."""

    name = "nginx-nchan"
    dialect = "raw"
    target = "/sub/{room}"
    posts = True

    def absent(self) -> str:
        """nginx and its module are Debian packages, or whatever this system has."""
        binary = _binary()
        if not binary:
            return "nginx is not installed (Debian: nginx and libnginx-mod-nchan)"
        built = _built(binary)
        return "" if _built_in(built) or _module(built) else "nginx has no nchan (Debian: libnginx-mod-nchan)"

    def version(self) -> str:
        """nginx's own, and the package's that nchan came in."""
        found = re.search(r"nginx/(\S+)", _built(_binary()))
        package = said(["dpkg-query", "--show", "--showformat", "${Version}", "libnginx-mod-nchan"])
        return f"nginx {found[1] if found else 'unknown'}, nchan {package or 'unknown'}"

    @contextlib.asynccontextmanager
    async def served(self, mode: Mode) -> AsyncIterator[Served]:  # noqa: ARG002 - it knows nothing but publishing
        """Its worker counts, not the process that watches it."""
        binary = _binary()
        if not binary:
            raise NotStarted("nginx is not installed")
        built = _built(binary)
        with new_folder() as folder:
            port, file = free_port(), folder / "nginx.conf"
            file.write_text(config(folder, port, None if _built_in(built) else _module(built)))
            command = [binary, "-p", str(folder), "-c", str(file), "-e", str(folder / "error.log")]
            environ = {"LC_ALL": "C"}
            with running(
                self.name, command, port, folder=folder, environ=environ, cwd=folder, counted=children
            ) as process:
                yield Program(port, process)


def config(folder: Path, port: int, module: Path | None) -> str:
    """The configuration. `module`: the file to load, None when nchan is built in."""
    return CONFIG.format(
        load_module=f"load_module {module};" if module else "",
        folder=folder,
        port=port,
        descriptors=DESCRIPTORS_MAX,
        connections=DESCRIPTORS_MAX - 100,
    )


def _binary() -> str:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin") or ""


def _built(binary: str) -> str:
    """What `nginx -V` says of its version and of how it was built."""
    return subprocess.run([binary, "-V"], capture_output=True, text=True, check=False, timeout=10).stderr


def _built_in(built: str) -> bool:
    return bool(re.search(r"--add-module=\S*nchan", built))


def _module(built: str) -> Path | None:
    """The module's file, where this nginx keeps them."""
    found = re.search(r"--modules-path=(\S+)", built)
    places = [Path(found[1])] if found else []
    places += [Path("/usr/lib/nginx/modules"), Path("/usr/lib64/nginx/modules")]
    return next((place / MODULE for place in places if (place / MODULE).is_file()), None)
