"""`python -m tests.bench.whep [--viewers 50 100 150]`: what viewers by WebRTC of a 2.5 Mbit/s picture cost the server.

CPU is the server process's own, less what it uses with the camera alone. Viewers ask for keyframes and lost packets.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.clip import made
from tests.bench.server import CHECKOUT, Server, running


def measured(server: Server, room: str, count: int, seconds: float, alone: float) -> dict[str, float]:
    """Share of a core per viewer."""
    url = f"{server.url}/media/whep/{room}"
    before_s = server.cpu_s
    viewers = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.whep_viewers", url, str(count), str(seconds + 2)],
        cwd=CHECKOUT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert viewers.stdout is not None
    assert viewers.stdout.readline() == "joined\n"
    join_s = (server.cpu_s - before_s) / count
    time.sleep(2)
    begun, begun_s = server.metrics(), time.monotonic()
    used_s, wall_s = server.cpu_s, time.monotonic()
    time.sleep(seconds)
    wall = time.monotonic() - wall_s
    used = (server.cpu_s - used_s) / wall
    after, counted = server.metrics(), time.monotonic() - begun_s
    told = json.loads(viewers.stdout.readline())
    viewers.wait(30)
    each = (used - alone) / count
    return {
        "viewers": count,
        "core_percent": 100 * used,
        "viewers_per_core": 1 / each,
        "join_cpu_ms": 1000 * join_s,
        "sent_per_s": (after["livehub_media_sent"] - begun["livehub_media_sent"]) / counted,
        "again_per_s": (after["livehub_media_sent_again"] - begun["livehub_media_sent_again"]) / counted,
        "unsent": after["livehub_media_unsent"] - begun["livehub_media_unsent"],
        "resident_mb": server.resident_bytes / 1e6,
        **told,
    }


def main() -> int:
    """Print a line for each number of viewers."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.whep", description=__doc__)
    parser.add_argument("--viewers", type=int, nargs="+", default=[50, 100, 150])
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument(
        "--data", type=Path, help="where the clip and the server's data lie; default: a folder that goes"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="livehub-bench-") as temporary:
        folder = options.data or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        clip = made(folder / "clip.mp4")
        with running(folder) as server:
            room = server.room(f"w{int(time.time()) % 100_000}")
            camera = server.camera(room)
            total_s = len(options.viewers) * (options.seconds + 30) + 30
            arguments = [str(clip), str(total_s), server.url + camera["whip"], camera["token"]]
            publisher = subprocess.Popen([sys.executable, "-m", "tests.bench.publish", *arguments], cwd=CHECKOUT)
            try:
                time.sleep(8)
                used_s, wall_s = server.cpu_s, time.monotonic()
                time.sleep(8)
                alone = (server.cpu_s - used_s) / (time.monotonic() - wall_s)
                sys.stdout.write(f"the camera alone: {100 * alone:.2f}% of a core\n")
                for count in options.viewers:
                    figures = measured(server, room, count, options.seconds, alone)
                    sys.stdout.write("  ".join(f"{key} {value:.4g}" for key, value in figures.items()) + "\n")
                    sys.stdout.flush()
            finally:
                publisher.terminate()
                publisher.wait(30)
    return 0


if __name__ == "__main__":
    sys.exit(main())
