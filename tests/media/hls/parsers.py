"""Other people's parsers: m3u8 in this process, m3u8-parser (video.js) in Node."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

JS = Path(__file__).parent.parent / "js"
INSTALL_TIMEOUT_S = 100


def read_by_node(playlists: Iterable[str]) -> list[dict[str, Any]]:
    """What m3u8-parser makes of each."""
    _install()
    lines = "".join(json.dumps(text) + "\n" for text in playlists)
    node = shutil.which("node")
    assert node is not None
    done = subprocess.run(
        [node, str(JS / "read.mjs")], input=lines, capture_output=True, text=True, check=True, timeout=60
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def _install() -> None:
    """What package-lock.json says, unless it is there."""
    mark, lock = JS / "node_modules" / ".package-lock.json", JS / "package-lock.json"
    if mark.is_file() and mark.stat().st_mtime >= lock.stat().st_mtime:
        return
    command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel", "error"]
    subprocess.run(command, cwd=JS, capture_output=True, check=True, timeout=INSTALL_TIMEOUT_S)
