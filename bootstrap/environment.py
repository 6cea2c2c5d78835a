"""The virtual environment and what is in it, out of the locks. Standard library only.

pip installs uv (its hash checked), and uv installs the rest (hashes checked as well), in seconds instead of a minute
or more. Where there is no uv for the platform, pip does it all.
"""

from __future__ import annotations

import sys
from pathlib import Path

from steps import ROOT, VENV, SetupError, Step, fingerprint, run, say

PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
STAMPS = VENV / "stamps"

# What each target of setup.py installs, and in words. Those of `dev` are all the others', and more.
PACKAGES = {
    "runtime": ("of the server", ROOT / "requirements.txt"),
    "media": ("for media", ROOT / "requirements-media.txt"),
    "demo": ("for the demo", ROOT / "requirements-demo.txt"),
    "stripe": ("for Stripe", ROOT / "requirements-stripe.txt"),
    "anchor": ("for anchors", ROOT / "requirements-anchor.txt"),
    "dev": ("for development", ROOT / "requirements-dev.txt"),
}
NODE_LOCK = ROOT / "requirements-node.txt"
UV_LOCK = ROOT / "requirements-uv.txt"


def environment_step() -> Step:
    """Makes .venv/ with the Python that runs this, unless there is one already that still works."""
    return Step("Python virtual environment", STAMPS / "venv", _environment_mark, _make_environment)


def packages_step(target: str) -> Step:
    """One of PACKAGES. Done, too, when everything for development is there, which is more."""
    words, lock = PACKAGES[target]
    own = Step(f"Python packages {words}", STAMPS / target, lambda: _lock_mark(lock), lambda: install(lock))
    if target == "dev":
        return own
    dev = packages_step("dev")
    return dev if dev.is_done() else own


def uv_step() -> Step:
    return Step("uv", STAMPS / "uv", lambda: _lock_mark(UV_LOCK), _install_uv)


def install(lock: Path) -> None:
    """Installs exactly what `lock` says. Packages of the other locks stay.

    Compiled at once, as pip does by itself: a process that may not write beside the packages would compile them at each of
    its starts, for more than a second.
    """
    if _ensure_uv():
        options = ["--require-hashes", "--compile-bytecode", "--no-progress"]
        run([str(UV), "pip", "install", "--python", str(PYTHON), *options, "-r", str(lock)])
    else:
        run([str(PYTHON), "-m", "pip", "install", "--require-hashes", "--progress-bar", "off", "-r", str(lock)])


def _ensure_uv() -> bool:
    step = uv_step()
    if not step.is_done():
        try:
            step.carry_out()
        except SetupError:
            say("uv cannot be installed here; pip does its work, more slowly")
    return step.is_done()


def _install_uv() -> None:
    run(
        [
            str(PYTHON),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--only-binary",
            ":all:",
            "-r",
            str(UV_LOCK),
        ]
    )


def _make_environment() -> None:
    try:
        import ensurepip  # noqa: F401, PLC0415 - Debian ships it, and venv's use of it, in a package of its own
        import venv  # noqa: PLC0415
    except ImportError as error:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetupError(
            f"this Python has no venv module; install python{version}-venv (apt) or python3-pip (dnf)"
        ) from error
    venv.EnvBuilder(clear=True, with_pip=True, symlinks=True).create(VENV)


def _environment_mark() -> str:
    """What an environment depends on: its place, since its scripts name it, and the interpreter it was made from."""
    config = VENV / "pyvenv.cfg"
    usable = config.is_file() and PYTHON.exists()  # exists() follows the link: False once that interpreter has gone
    return f"{ROOT}\n{config.read_text()}" if usable else "none"


def _lock_mark(lock: Path) -> str:
    return fingerprint([lock], _environment_mark())
