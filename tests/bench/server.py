"""The real server in a process of its own, for benchmarks that measure what it costs."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.ports import free_port

CHECKOUT = Path(__file__).parent.parent.parent
UP_WITHIN_S = 90.0
OPEN_HANDED = {
    "LIVEHUB_MEDIA_SESSIONS_PER_S_MAX": "1000",
    "LIVEHUB_MEDIA_SESSIONS_BURST_MAX": "1000",
    "LIVEHUB_HTTP_REQUESTS_PER_S_MAX": "100000",
    "LIVEHUB_HTTP_REQUESTS_BURST_MAX": "100000",
    "LIVEHUB_WHEP_VIEWERS_MAX": "1000",
    "LIVEHUB_WHEP_UNCONNECTED_MAX": "1000",
    "LIVEHUB_LOG_LEVEL": "WARNING",
}


class Server:
    """A running `demo`, and the host's token."""

    def __init__(self, url: str, token: str, process: subprocess.Popen[bytes]) -> None:
        self.url = url
        self.token = token
        self._process = psutil.Process(process.pid)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the host's."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def room(self, name: str) -> str:
        """A new room, its show begun."""
        self.call("POST", "/api/rooms", {"id": name, "title": name})
        self.call("POST", f"/api/rooms/{name}/state", {"status": "live"})
        return name

    def camera(self, room: str, kind: str = "whip") -> dict[str, Any]:
        """A new camera: `camera`, `whip`, `token`."""
        made: dict[str, Any] = self.call("POST", f"/api/rooms/{room}/cameras", {"name": "Bench", "kind": kind})
        return made

    @property
    def cpu_s(self) -> float:
        """What the process has used so far, by its own accounting."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    @property
    def resident_bytes(self) -> int:
        return int(self._process.memory_info().rss)

    def metrics(self) -> dict[str, float]:
        """Figures without labels."""
        with urllib.request.urlopen(self.url + "/metrics", timeout=20) as answer:
            lines = answer.read().decode().splitlines()
        return {
            name.removesuffix("_total"): float(value)
            for name, _, value in (line.partition(" ") for line in lines)
            if not name.startswith("#") and "{" not in name
        }


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Server]:
    """A server on loopback with its data in `folder`, without the demo's own camera."""
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LIVEHUB_")}
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "livehub", "demo", "--port", str(port), "--data", str(folder / "data")],
            cwd=CHECKOUT, env={**environ, **OPEN_HANDED, **settings}, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        deadline_s = time.monotonic() + UP_WITHIN_S
        while (found := re.search(r"host studio\s+\S+#token=(\S+)", log.read_text())) is None:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline_s, log.read_text()
            time.sleep(0.2)
        server = Server(f"http://127.0.0.1:{port}", found[1], process)
        for camera in server.call("GET", "/api/rooms/demo/cameras")["cameras"]:
            server.call("DELETE", f"/api/rooms/demo/cameras/{camera['id']}")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
