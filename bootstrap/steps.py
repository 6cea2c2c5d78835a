"""A plan of steps, each skipped while its stamp fits. Standard library only."""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"


class SetupError(Exception):
    """A step cannot go on; the text is one line for the person at the terminal."""


@dataclass
class Step:
    """One piece of set-up. It is done while the file `stamp` holds what `mark()` says.

    `mark` is asked again after the action, since the outcome may be part of it (which Python the environment has, say).
    """

    name: str
    stamp: Path
    mark: Callable[[], str]
    action: Callable[[], None]

    def is_done(self) -> bool:
        return self.stamp.is_file() and self.stamp.read_text() == self.mark()

    def carry_out(self) -> None:
        self.stamp.unlink(missing_ok=True)  # so that a step which stops half-way is done again
        self.action()
        self.stamp.parent.mkdir(parents=True, exist_ok=True)
        self.stamp.write_text(self.mark())


@dataclass
class Plan:
    """Steps in order, told as `[n/m] name`."""

    steps: list[Step] = field(default_factory=list)

    def carry_out(self) -> None:
        todo = [step for step in self.steps if not step.is_done()]
        for number, step in enumerate(todo, 1):
            say(f"[{number}/{len(todo)}] {step.name} ...")
            began_s = time.monotonic()
            step.carry_out()
            say(f"[{number}/{len(todo)}] {step.name}: done in {time.monotonic() - began_s:.1f} s")


def say(text: str) -> None:
    print(f"set-up: {text}", flush=True)


def fingerprint(paths: Iterable[Path], *extra: str) -> str:
    """A hash over the names and contents of `paths`, whatever their order, and over `extra`."""
    digest = hashlib.sha256()
    for path in sorted(set(paths)):
        digest.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    for text in extra:
        digest.update(f"\0{text}".encode())
    return digest.hexdigest()


def run(args: list[str], *, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Runs a tool with its output going straight to the terminal; raises SetupError when it fails."""
    shown = shlex.join([Path(args[0]).name, *args[1:]])
    try:
        done = subprocess.run(args, cwd=cwd, env=env or tool_env(), stdin=subprocess.DEVNULL, check=False)
    except OSError as error:
        raise SetupError(f"cannot run `{shown}`: {error.strerror}") from error
    if done.returncode != 0:
        raise SetupError(f"`{shown}` failed with exit status {done.returncode}; see its output above")


def tool_env() -> dict[str, str]:
    """The environment for pip, uv, npm and apt: they ask nothing, and see no other virtual environment."""
    env = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH")}
    env.update(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1", DEBIAN_FRONTEND="noninteractive")
    env.setdefault("PATH", "/usr/local/bin:/usr/bin:/bin")
    # An organisation's own certificates are in the system's store, where pip looks too; uv and Node have to be told.
    env.setdefault("UV_SYSTEM_CERTS", "1")
    env.setdefault("NODE_USE_SYSTEM_CA", "1")
    if not env.get("HOME"):  # the tools keep their caches there
        env["HOME"] = str(VENV / "home")
        Path(env["HOME"]).mkdir(parents=True, exist_ok=True)
    return env
