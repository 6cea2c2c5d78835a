"""`python -m tests.bench.hls_origin`: how often the origin is asked by many players behind nginx, and by one; what it costs.

Three programs as in real use: the origin with a stream of 30 pictures a second, nginx as shipped, and here the players, who do
as low-latency players do: a blocking reload and the new parts, for picture and sound, on two connections each.
"""

import argparse
import asyncio
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from msgspec import Struct

from tests.media.hls import proxy
from tests.media.hls.players import feed, next_part
from tests.media.hls.serving import served

ROOM = "bench"
SETTLED_S = 3.0  # until all have come
_LENGTH = re.compile(rb"content-length: (\d+)", re.I)
_PART = re.compile(r'#EXT-X-PART:[^\n]*URI="([^"]+)"')


class Seen(Struct):
    """What all players of a run met."""

    requests: int = 0
    refused: int = 0
    size_bytes: int = 0
    reloads_s: list[float] = []
    parts_s: list[float] = []


class Run(Struct, frozen=True, kw_only=True):
    """A run's figures. `origin_cpu`: share of a core, the feeding of the stream included."""

    players: int
    origin_requests: int
    origin_cpu: float
    player_requests: int
    refused: int
    mbit_s: float
    reload_p50_ms: float
    reload_p99_ms: float
    part_p50_ms: float
    part_p99_ms: float


async def _get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, seen: Seen) -> tuple[int, bytes]:
    writer.write(f"GET /live/{ROOM}/{path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    if length is not None:
        body = await reader.readexactly(int(length[1]))
    else:  # unpacked by nginx on the way, so in chunks
        chunks = []
        while size := int(await reader.readline(), 16):
            chunks.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readexactly(2)
        body = b"".join(chunks)
    status = int(head[9:12])
    seen.requests += 1
    seen.size_bytes += len(body)
    seen.refused += status >= 400
    return status, body


async def _follow(port: int, rendition: str, seen: Seen) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    status, body = 0, b""
    while status != 200:
        status, body = await _get(reader, writer, f"{rendition}/index.m3u8", seen)
        if status != 200:
            seen.refused -= 1  # the stream has not begun
            await asyncio.sleep(0.2)
    newest = ""
    while b"#EXT-X-ENDLIST" not in body:
        text = body.decode()
        listed = _PART.findall(text)
        for uri in listed[listed.index(newest) + 1 :] if newest in listed else listed[-1:]:
            asked_s = time.monotonic()
            await _get(reader, writer, f"{rendition}/{uri}", seen)
            seen.parts_s.append(time.monotonic() - asked_s)
            newest = uri
        msn, part = next_part(text)
        asked_s = time.monotonic()
        query = f"_HLS_msn={msn}&_HLS_part={part}&_HLS_skip=YES"
        status, body = await _get(reader, writer, f"{rendition}/index.m3u8?{query}", seen)
        seen.reloads_s.append(time.monotonic() - asked_s)
        if status != 200:
            break
    writer.close()


async def _players(port: int, count: int, seconds: float) -> Seen:
    seen = Seen()
    tasks = []
    for number in range(count):
        tasks += [asyncio.create_task(_follow(port, name, seen)) for name in ("video", "opus")]
        if number % 20 == 19:
            await asyncio.sleep(SETTLED_S * 20 / count)  # they do not all come at once
    await asyncio.wait_for(asyncio.gather(*tasks), seconds + 60)
    return seen


def measure(count: int, seconds: float, picture_bytes: int) -> Run:
    """One stream from its beginning to its end, watched by `count` players."""
    with tempfile.TemporaryDirectory(prefix="lh-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        command = [sys.executable, "-m", "tests.bench.hls_origin", "--origin", str(seconds), str(picture_bytes)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as origin:
            assert origin.stdout is not None
            with proxy.nginx(Path(folder), int(origin.stdout.readline())) as url:
                seen = asyncio.run(_players(int(url.rpartition(":")[2]), count, seconds))
                told = json.loads(origin.stdout.readline())
    reloads, parts = statistics.quantiles(seen.reloads_s, n=100), statistics.quantiles(seen.parts_s, n=100)
    return Run(
        players=count,
        origin_requests=told["requests"],
        origin_cpu=told["cpu_s"] / seconds,
        player_requests=seen.requests,
        refused=seen.refused,
        mbit_s=seen.size_bytes * 8e-6 / seconds,
        reload_p50_ms=reloads[49] * 1000,
        reload_p99_ms=reloads[98] * 1000,
        part_p50_ms=parts[49] * 1000,
        part_p99_ms=parts[98] * 1000,
    )


async def _origin(seconds: float, picture_bytes: int) -> None:
    async with served() as (origin, port):
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await asyncio.sleep(1)
        before_s = time.process_time()
        await feed(origin, ROOM, seconds=seconds, size=picture_bytes)
        cpu_s = time.process_time() - before_s
        await asyncio.sleep(2)
        sys.stdout.write(json.dumps({"requests": origin.requests, "cpu_s": cpu_s}) + "\n")
        sys.stdout.flush()


def main() -> int:
    """Print a line for each number of players."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.hls_origin", description="LL-HLS behind nginx.")
    parser.add_argument("--players", type=int, nargs="+", default=[1, 1_000], help="how many watch, run by run")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of the stream")
    parser.add_argument("--picture-bytes", type=int, default=1_000, help="size of one of 30 pictures a second")
    parser.add_argument("--origin", nargs=2, type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.origin is not None:
        asyncio.run(_origin(options.origin[0], int(options.origin[1])))
        return 0
    for count in options.players:
        run = measure(count, options.seconds, options.picture_bytes)
        sys.stdout.write(
            f"{run.players:>6} players: {run.origin_requests:>6} requests to the origin, {run.player_requests:>7} by players, "
            f"{run.refused} refused; origin {run.origin_cpu:.1%} of a core; {run.mbit_s:.0f} Mbit/s; "
            f"reload {run.reload_p50_ms:.0f} ms, p99 {run.reload_p99_ms:.0f}; "
            f"part {run.part_p50_ms:.0f} ms, p99 {run.part_p99_ms:.0f}\n"
        )
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
