#!/usr/bin/env python3
"""Writes the locks anew, and checks what no tool checks. Standard library only; `setup.py runtime` has to come first.

    lock.py             every lock, changed only where its .in file asks for it
    lock.py --upgrade   every lock, to the newest versions that fit
    lock.py --check     only the checks: a hash for every package, and no registry's address anywhere

So that they work with whatever registry or mirror a machine is set up for, and with no other bytes than ours.
"""

import re
import sys
from pathlib import Path

from environment import UV
from node import WEB, get_node
from steps import ROOT, SetupError, run, say

ADDRESS = re.compile(r'"resolved":|^\s*--(extra-)?index-url|^\s*--find-links|https?://\S+\.(whl|tgz|tar\.gz)', re.M)

# Each with the locks that it has to fit, because they are installed together; in this order, since those come first.
LOCKS: dict[str, tuple[str, ...]] = {
    "requirements-uv": (),
    "requirements": (),
    "requirements-media": ("requirements",),
    "requirements-demo": ("requirements", "requirements-media"),
    "requirements-stripe": ("requirements", "requirements-media", "requirements-demo"),
    "requirements-anchor": ("requirements", "requirements-media", "requirements-demo"),
    "requirements-node": (),
    "requirements-dev": (),  # reads those of the server itself
    "requirements-s3": (),
}
PYTHON_VERSION = "3.11"  # the oldest that is supported; --universal covers newer ones and other platforms


def main(arguments: list[str]) -> int:
    try:
        if "--check" not in arguments:
            for name in LOCKS:
                compile_lock(name, upgrade="--upgrade" in arguments)
            lock_web(upgrade="--upgrade" in arguments)
        problems = [problem for path in lock_files() for problem in problems_of(path)]
    except SetupError as error:
        problems = [str(error)]
    for problem in problems:
        print(f"lock: {problem}", file=sys.stderr)
    return 1 if problems else 0


def compile_lock(name: str, *, upgrade: bool) -> None:
    say(f"locking {name}")
    options = ["--generate-hashes", "--universal", "--python-version", PYTHON_VERSION, "--no-header", "--quiet"]
    options += ["--no-emit-index-url", "--no-emit-find-links", *(["--upgrade"] if upgrade else [])]
    for fitted in LOCKS[name]:
        options += ["--constraint", f"{fitted}.txt"]
    run([str(UV), "pip", "compile", *options, "--output-file", f"{name}.txt", f"{name}.in"])


def lock_web(*, upgrade: bool) -> None:
    if (WEB / "package.json").is_file():
        say("locking web/")
        options = ["--package-lock-only", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved"]
        get_node().run_npm("update" if upgrade else "install", *options)


def lock_files() -> list[Path]:
    files = [ROOT / f"{name}.txt" for name in LOCKS] + [WEB / "package-lock.json"]
    return [path for path in files if path.is_file()]


def problems_of(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    problems = []
    if ADDRESS.search(text):
        problems.append(f"{path.relative_to(ROOT)} names the address of a registry")
    if path.suffix == ".txt":
        entries = re.split(r"^(?=[a-zA-Z0-9])", text, flags=re.M)[1:]
        problems += [f"{path.name} has no hash for {e.split()[0]}" for e in entries if "--hash=" not in e]
    return problems


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
