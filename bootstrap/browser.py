"""A Chromium for the tests, and Chinese fonts for it to draw with. Standard library only.

The path of the browser is written to .venv/stamps/browser; an empty file means the one that Playwright keeps itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from environment import PYTHON, STAMPS
from steps import Step, run, say, tool_env

# The first is Debian's Chromium without its windows: a page costs an eighth of the processor time there.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
STAMP = STAMPS / "browser"
APT_INSTALL = ["apt-get", "install", "-y", "--no-install-recommends"]


def browser_step() -> Step:
    return Step("a browser for the tests", STAMP, _mark, _provide)


def find_chromium() -> str | None:
    """The machine's own Chromium or Chrome, if any."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _mark() -> str:
    return find_chromium() or "playwright"


def _provide() -> None:
    missing = [] if find_chromium() else ["chromium"]
    if not _has_chinese_fonts():
        missing += ["fontconfig", "fonts-noto-cjk"]
    if missing and _can_use_apt():
        run(["apt-get", "update", "-q"])
        run([*APT_INSTALL, *missing])
    elif "chromium" in missing:
        run([str(PYTHON), "-m", "playwright", "install", "chromium"])
    if not _has_chinese_fonts():
        say("no Chinese font is installed: screenshots will show boxes instead of Chinese text")


def _can_use_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None and Path("/etc/debian_version").exists()


def _has_chinese_fonts() -> bool:
    if shutil.which("fc-list") is None:
        return Path("/System/Library/Fonts").is_dir()  # macOS has its own, and no fontconfig
    listed = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, env=tool_env(), check=False)
    return bool(listed.stdout.strip())
