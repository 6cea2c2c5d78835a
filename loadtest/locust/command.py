"""`python -m loadtest locust ...`: Locust with our users, on a server that runs already or on a demo started for it."""

import os
import subprocess
import sys
from pathlib import Path

from loadtest.peers.processes import NotStarted, free_port, new_folder, running

CHECKOUT = Path(__file__).parent.parent.parent
LOCUSTFILE = Path(__file__).with_name("locustfile.py")
# A crowd of one address is what the limits below are there against.
LIMITS = {
    "LIVEHUB_SESSIONS_PER_S_MAX": "1000",
    "LIVEHUB_SESSIONS_BURST_MAX": "10000",
    "LIVEHUB_HTTP_REQUESTS_PER_S_MAX": "1000",
    "LIVEHUB_HTTP_REQUESTS_BURST_MAX": "10000",
}
_OWN_SERVER = ("-H", "--host", "--livehub-data", "--worker", "--list", "-l", "--help", "-h", "--version", "-V")


def main(arguments: list[str]) -> int:
    """Run Locust with `arguments`; its exit status. Without `--host`, on a demo that it starts and stops."""
    if any(argument.partition("=")[0] in _OWN_SERVER for argument in arguments):
        return _locust(arguments)
    with new_folder() as folder:
        port = free_port()
        command = [sys.executable, "-m", "livehub", "demo", "--port", str(port), "--data", str(folder / "data")]
        sys.stderr.write("loadtest: starting the demo\n")
        try:
            # It listens before its room is there, which whoever comes in wants.
            with running(
                "livehub",
                command,
                port,
                folder=folder,
                environ=os.environ | LIMITS,
                cwd=CHECKOUT,
                says=b"livehub is up",
            ):
                given = ["--host", f"http://127.0.0.1:{port}", "--livehub-data", str(folder / "data")]
                return _locust([*given, *arguments])
        except NotStarted as error:
            sys.stderr.write(f"loadtest: {error}\n")
            return 1


def _locust(arguments: list[str]) -> int:
    # A process of its own, since Locust puts gevent's versions of many modules in place before anything else is imported.
    command = [sys.executable, "-m", "locust", "--locustfile", str(LOCUSTFILE), *arguments]
    with subprocess.Popen(command, cwd=CHECKOUT) as locust:
        while True:
            try:
                return locust.wait()
            except KeyboardInterrupt:
                continue  # Locust got it too, and ends by itself
