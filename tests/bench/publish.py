"""`python -m tests.bench.publish CLIP SECONDS URL TOKEN`: FFmpeg's own WHIP publisher.

A process of its own, so that what it costs is not counted as the server's; and one for each camera, because FFmpeg's handshake
holds up every thread of its process, which then send all at once what they should have sent meanwhile.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av

from tests.bench.clip import FPS, SECONDS

_CERTIFICATE = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=bench"


def publish(clip: Path, url: str, token: str, seconds: float, certificate: tuple[str, str]) -> None:
    """Send the clip over and over at real-time pace."""
    options = {"cert_file": certificate[0], "key_file": certificate[1], "authorization": token}
    with av.open(str(clip)) as source, av.open(url, "w", format="whip", options=options) as sink:
        streams = {stream.index: sink.add_stream_from_template(stream) for stream in source.streams}
        sink.start_encoding()  # shakes hands, which takes its time
        started_s = time.monotonic()
        base_s = 0.0
        while True:
            source.seek(0)
            for packet in source.demux():
                if packet.dts is None or packet.pts is None or packet.time_base is None:
                    continue
                at_s = base_s + float(packet.dts * packet.time_base)
                if at_s > seconds:
                    return
                time.sleep(max(0.0, started_s + at_s - time.monotonic()))
                shift = round(base_s / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                packet.stream = streams[packet.stream.index]
                sink.mux(packet)
            base_s += SECONDS + 1 / FPS  # encoders put the last packets a little late


def main() -> int:
    """Publish until the time is over."""
    clip, seconds, url, token = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3], sys.argv[4]
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = f"{folder}/key.pem", f"{folder}/certificate.pem"
        subprocess.run([*_CERTIFICATE.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
        publish(clip, url, token, seconds, (certificate, key))
    return 0


if __name__ == "__main__":
    sys.exit(main())
