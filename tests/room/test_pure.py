"""The rooms do no I/O: what they import, and what that imports in turn, is on a list on which no clock, file or chance stands.

Every module that says "Pure: no I/O" of itself is held to the same list for what it imports itself.
"""

import ast
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent.parent
OURS = ("livehub", "commerce", "fulfil", "trace", "media")
CLAIM = "Pure: no I/O"

# Only what computes. ahocorasick and msgspec are C code that touches nothing but its arguments; engineio.packet encodes; the
# modules of aioice and aiortc read and write messages; numpy is asked to compute, and numba keeps on disk what it compiled.
# phonenumbers looks numbers up in tables that are modules of its own: it reads no clock, no network, and no file but its code.
# Of cryptography the keys of signatures, which compute; ML-DSA's are hedged by chance, which nobody who checks one can tell.
ALLOWED = {
    "base64", "binascii", "bisect", "collections", "collections.abc", "dataclasses", "decimal.Decimal",
    "decimal.InvalidOperation", "enum",
    "fractions", "functools",
    "hashlib", "hmac", "itertools", "json", "math", "operator", "re", "statistics", "struct", "typing", "unicodedata", "zlib",
    "codecs.IncrementalDecoder", "codecs.getincrementaldecoder",
    "ahocorasick", "engineio.packet", "msgspec", "aioice.stun", "aiortc.rtcrtpparameters", "aiortc.sdp",
    "numpy", "numpy.typing.NDArray", "numba.njit", "phonenumbers",
    "datetime.UTC", "datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta", "datetime.timezone",
    "datetime.tzinfo",
    "email.utils.parsedate_to_datetime", "html.escape", "http.HTTPStatus", "urllib.parse.quote",
    "cryptography.exceptions", "cryptography.hazmat.primitives.asymmetric.ed25519",
    "cryptography.hazmat.primitives.asymmetric.mldsa",
}  # fmt: skip
CLOCK_CALLS = {"now", "today", "utcnow"}  # of date and datetime, whose arithmetic is as pure as any
FORBIDDEN_CALLS = {"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"}


def path_of(module: str) -> Path | None:
    """The file of one of our modules; None for others."""
    if module.split(".")[0] not in OURS:
        return None
    base = CHECKOUT / module.replace(".", "/")
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def imported_by(tree: ast.Module) -> set[str]:
    """Every module that the source names in an import, wherever it stands."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "we have no relative imports"
            module = node.module or ""
            names = {f"{module}.{alias.name}" for alias in node.names}
            submodules = {name for name in names if path_of(name) is not None}
            found |= submodules or (names if names <= ALLOWED else {module})
    return found


def faults_of(source: str) -> list[str]:
    """What the source may not import or call."""
    tree = ast.parse(source)
    foreign = [name for name in imported_by(tree) if path_of(name) is None and name not in ALLOWED]
    calls = [
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS
    ]
    calls += [
        f"{node.func.value.id}.{node.func.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("date", "datetime")
        and node.func.attr in CLOCK_CALLS
    ]
    return [f"imports {name}" for name in sorted(foreign)] + [f"calls {name}" for name in sorted(calls)]


def reached_from(paths: list[Path]) -> set[Path]:
    """The files themselves and all files of ours that they import, however far away."""
    reached: set[Path] = set()
    waiting = list(paths)
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            imported = imported_by(ast.parse(path.read_text(encoding="utf-8")))
            waiting += [found for found in map(path_of, imported) if found is not None]
    return reached


def modules_that_claim() -> list[Path]:
    sources = [path for folder in OURS for path in sorted((CHECKOUT / folder).rglob("*.py"))]
    return [path for path in sources if CLAIM in (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "")]


def named(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


ROOM = sorted((CHECKOUT / "livehub" / "room").glob("*.py"))


@pytest.mark.parametrize("path", ROOM, ids=named)
def test_every_module_of_the_rooms_says_that_it_is_pure(path: Path) -> None:
    assert CLAIM in (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")


@pytest.mark.parametrize("path", sorted(reached_from(ROOM)), ids=named)
def test_nothing_that_the_rooms_reach_does_io(path: Path) -> None:
    assert faults_of(path.read_text(encoding="utf-8")) == []


def test_of_the_floors_the_rooms_reach_only_errors_ids_money_texts_and_the_shape_of_control_messages() -> None:
    outside = {named(path) for path in reached_from(ROOM) if path not in ROOM}
    assert outside <= {f"livehub/base/{name}.py" for name in ("errors", "ids", "control", "money", "text")}


@pytest.mark.parametrize("path", modules_that_claim(), ids=named)
def test_whoever_says_pure_is_pure(path: Path) -> None:
    assert faults_of(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("import time", ["imports time"]),
        ("import os.path", ["imports os.path"]),
        ("from random import random", ["imports random"]),
        ("def f():\n    import asyncio", ["imports asyncio"]),
        ("import math, socket", ["imports socket"]),
        ("from livehub.base import db", []),  # ours: followed, and then its own imports are found
        ("def f(path):\n    return open(path)", ["calls open"]),
        ("print('x')", ["calls print"]),
        ("from datetime import UTC, datetime\ndatetime.now(UTC)", ["calls datetime.now"]),
        ("from datetime import UTC, datetime\ndatetime(1970, 1, 1, tzinfo=UTC)", []),
        ("from datetime import date\ndate.today()", ["calls date.today"]),
        ("from datetime import date\ndate(1970, 1, 1)", []),
        ("import re\nfrom collections.abc import Callable", []),
    ],
)
def test_the_check_itself_finds_what_it_should(source: str, faults: list[str]) -> None:
    assert faults_of(source) == faults


def test_the_check_follows_our_own_modules() -> None:
    hub = CHECKOUT / "livehub" / "hub" / "rooms" / "registry.py"
    assert CHECKOUT / "livehub" / "base" / "db.py" in reached_from([hub])
