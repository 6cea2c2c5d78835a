"""The stock engine's kernel, compiled ahead, as numba keeps it beside its source. Standard library only.

A node's first start would compile it, some 20 s of a free core, and nothing could be sold before.
"""

from __future__ import annotations

from environment import PACKAGES, PYTHON, STAMPS
from steps import ROOT, Step, fingerprint, run

FLASHSALE = ROOT / "commerce" / "flashsale"
SOURCE = FLASHSALE / "kernel.py"


def kernel_step() -> Step:
    return Step("stock engine, compiled", STAMPS / "kernel", _mark, _compile)


def _mark() -> str:
    """What numba goes by, the time of the source included, and whether there is something in its cache."""
    _, lock = PACKAGES["runtime"]
    source = SOURCE.stat()
    is_there = any(FLASHSALE.glob("__pycache__/kernel.*.nbi"))
    return fingerprint([lock], str(source.st_mtime_ns), str(source.st_size), str(is_there))


def _compile() -> None:
    run([str(PYTHON), "-m", "commerce.flashsale.warm_up"])
