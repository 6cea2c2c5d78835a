"""Our options beside Locust's own; in its web UI they are fields of the form."""

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from locust.exception import CatchResponseError

CHECKOUT = Path(__file__).parent.parent.parent
TOKEN_TIMEOUT_S = 60.0


class NoToken(CatchResponseError):
    """There is no way to speak as the host; the text says what to give."""


def add(parser: Any) -> None:
    """Add them to Locust's parser."""
    parser.add_argument("--room", default="demo", help="room to play in; made if it is not there")
    parser.add_argument(
        "--livehub-data",
        default="",
        env_var="LOADTEST_DATA",
        include_in_web_ui=False,
        help="data folder of the server on this machine, from which the host's token is made",
    )
    parser.add_argument(
        "--host-token",
        default="",
        env_var="LOADTEST_HOST_TOKEN",
        include_in_web_ui=False,
        is_secret=True,
        help="a token with the role host, for a server elsewhere",
    )
    parser.add_argument(
        "--crowd-viewers", type=int, default=0, help="viewers that the crowd adds to Locust's own users"
    )
    parser.add_argument("--crowd-processes", type=int, default=1, help="processes that hold them")
    parser.add_argument("--crowd-per-s", type=float, default=500.0, help="viewers of the crowd that come in a second")


def host_token(options: Any) -> str:
    """A token with the role host. Raises NoToken."""
    if options.host_token:
        return str(options.host_token)
    if not options.livehub_data:
        raise NoToken("give --host-token, or --livehub-data for a server on this machine")
    return _made(str(options.livehub_data))


@cache
def _made(folder: str) -> str:
    command = [sys.executable, "-m", "livehub", "token", "--data", folder, "--role", "host"]  # runs every room
    made = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=TOKEN_TIMEOUT_S, check=False)
    if made.returncode:
        raise NoToken(made.stderr.strip() or f"no token from {folder}")
    return made.stdout.strip()
