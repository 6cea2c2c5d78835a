"""`python -m tests.bench.ingest [--cameras 1 10 20]`: what cameras of 720p30 at 2.5 Mbit/s cost, each with its LL-HLS.

CPU is the server process's own, less what it uses idle; FFmpeg publishes by WHIP from another process.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.clip import BITRATE_BPS, FPS
from tests.bench.clip import made as made_clip
from tests.bench.server import CHECKOUT, Server, running

SETTLE_S = 6.0
STAGGER_S = 0.73  # not all keyframes at the same moment


def measured(server: Server, clip: Path, cameras: int, seconds: float, name: str) -> dict[str, float]:
    """Share of a core per camera, and what was lost."""
    rooms = [server.room(f"{name}-{n}") for n in range(cameras)]
    made = [server.camera(room) for room in rooms]
    idle_s, wall_s = server.cpu_s, time.monotonic()
    time.sleep(5)
    idle = (server.cpu_s - idle_s) / (time.monotonic() - wall_s)
    before = server.metrics()
    lasts_s = seconds + SETTLE_S + STAGGER_S * cameras + 5
    publishers = []
    for camera in made:
        words = [str(clip), str(lasts_s), server.url + camera["whip"], camera["token"]]
        publishers.append(subprocess.Popen([sys.executable, "-m", "tests.bench.publish", *words], cwd=CHECKOUT))
        time.sleep(STAGGER_S)
    time.sleep(SETTLE_S)
    used_s, wall_s = server.cpu_s, time.monotonic()
    begun = server.metrics()
    time.sleep(seconds)
    used = (server.cpu_s - used_s) / (time.monotonic() - wall_s)
    after = server.metrics()
    wall = time.monotonic() - wall_s
    listed = [server.call("GET", f"/api/rooms/{room}/cameras")["cameras"][0] for room in rooms]
    for publisher in publishers:
        publisher.wait(lasts_s + 30)
    for room, camera in zip(rooms, listed, strict=True):
        server.call("DELETE", f"/api/rooms/{room}/cameras/{camera['id']}")
        server.call("POST", f"/api/rooms/{room}/state", {"status": "ended"})
    return {
        "cameras": cameras,
        "core_percent_each": 100 * (used - idle) / cameras,
        "core_percent": 100 * used,
        "idle_percent": 100 * idle,
        "packets_per_s": (after["livehub_media_packets"] - begun["livehub_media_packets"]) / wall,
        "lost": after["livehub_media_packets_lost"] - before["livehub_media_packets_lost"],
        "lost_in_time": after["livehub_media_packets_lost"] - begun["livehub_media_packets_lost"],
        "asked": after["livehub_media_packets_asked"] - begun["livehub_media_packets_asked"],
        "broken": after["livehub_media_broken_frames"] - begun["livehub_media_broken_frames"],
        "live": sum(camera["state"] == "live" for camera in listed),
        "fps_least": min((camera["health"] or {"fps": 0.0})["fps"] for camera in listed),
        "bitrate_least": min((camera["health"] or {"bitrate_bps": 0})["bitrate_bps"] for camera in listed),
        "resident_mb": server.resident_bytes / 1e6,
    }


def main() -> int:
    """Print a line for each number of cameras."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ingest", description=__doc__)
    parser.add_argument("--cameras", type=int, nargs="+", default=[1, 10, 20])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument(
        "--data", type=Path, help="where the clip and the server's data lie; default: a folder that goes"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="livehub-bench-") as temporary:
        folder = options.data or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        clip = made_clip(folder / "clip.mp4")
        sys.stdout.write(
            f"720p{FPS} at {BITRATE_BPS / 1e6} Mbit/s, WHIP in, LL-HLS made; {options.seconds:.0f} s each\n"
        )
        with running(folder) as server:
            for turn in range(options.rounds):
                for cameras in options.cameras:
                    name = f"b{int(time.time()) % 100_000}-{turn}-{cameras}"
                    figures = measured(server, clip, cameras, options.seconds, name)
                    sys.stdout.write("  ".join(f"{key} {value:.4g}" for key, value in figures.items()) + "\n")
                    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
