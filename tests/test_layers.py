"""Arrows point down: import-linter finds our code in order, and what is not. `trace` is ours, or nothing runs."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from livehub.__main__ import WRONG_TRACE

CHECKOUT = Path(__file__).parent.parent
FLOORS = ("livehub", "media", "commerce", "fulfil", "trace", "loadtest")
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"

# What must not be, and the contract that says so. One line of Python in a module each.
WRONG = {
    "livehub/base/ids.py": ("import livehub.room.wire", "Arrows point down"),
    "livehub/room/tick.py": ("import livehub.hub.rooms.registry", "Arrows point down"),
    "livehub/hub/rooms/registry.py": ("import commerce.coupons.coupons", "Arrows point down"),
    "commerce/catalogue/products.py": ("import trace", "Arrows point down"),
    "media/__init__.py": ("import livehub.app", "Arrows point down"),
    "livehub/reactions.py": ("import livehub.node.pages", "Livehub: every module has its floor"),
    "livehub/hub/sockets/frames.py": ("import livehub.hub.chat.store", "Hub: every module has its floor"),
    "livehub/hub/broker/dispatch.py": ("import livehub.hub.sockets.registry", "Hub: every module has its floor"),
    "livehub/hub/hub.py": ("import livehub.hub.chat.store", "Hub: every module has its floor"),
    "livehub/hub/inbox/channels.py": ("import livehub.hub.quizzes.api", "Hub: every module has its floor"),
    "livehub/embedded/child.py": ("import livehub.base.errors", "The servers out of wheels know nothing of livehub"),
    "livehub/room/quiz.py": (
        "import livehub.base.config",
        "The rooms are pure: of base they know errors, ids, control, money, text",
    ),
    "livehub/commands/serve.py": (
        "import livehub.embedded.servers",
        "The server runs without the servers out of wheels",
    ),
    "commerce/catalogue/__init__.py": ("import av", "The packages of requirements-media.in are for media alone"),
    "loadtest/__init__.py": ("import livehub.base.auth", "The load test is a client: it knows nothing of ours"),
}

# A circle, and the package that is told of it.
CIRCLES = {
    "livehub/base/db_errors.py": ("import livehub.base.db", "livehub.base"),
    "livehub/room/models.py": ("import livehub.room.wire", "livehub.room"),
    "livehub/hub/rooms/load_meter.py": ("import livehub.hub.rooms.registry", "livehub.hub.rooms"),
}

# A module that no contract names, and the contract that asks for it.
NEW = {
    "livehub/forgotten.py": "Livehub: every module has its floor",
    "livehub/hub/forgotten.py": "Hub: every module has its floor",
}


def lint(root: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", LINT], cwd=root, capture_output=True, text=True, check=False)


def test_every_import_points_down() -> None:
    found = lint(CHECKOUT)
    assert found.returncode == 0, found.stdout


@pytest.fixture
def checkout(folder: Path) -> Path:
    """A copy of our code that may be spoilt."""
    for floor in FLOORS:
        shutil.copytree(CHECKOUT / floor, folder / floor, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "pyproject.toml", folder)
    return folder


def add(checkout: Path, name: str, line: str) -> None:
    path = checkout / name
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")


def test_every_import_that_points_up_is_found(checkout: Path) -> None:
    for name, (line, _) in WRONG.items():
        add(checkout, name, line)
    found = lint(checkout)
    assert found.returncode == 1
    for name, (line, contract) in WRONG.items():
        module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        assert f"{contract} BROKEN" in found.stdout
        assert f"{module} -> {line.removeprefix('import ')}" in found.stdout, (module, line)


def test_every_circle_is_found(checkout: Path) -> None:
    for name, (line, _) in CIRCLES.items():
        add(checkout, name, line)
    found = lint(checkout)
    assert found.returncode == 1
    assert "No module imports in a circle BROKEN" in found.stdout
    for _, package in CIRCLES.values():
        assert f"No cycles are allowed in {package}." in found.stdout


@pytest.mark.parametrize("name", NEW)
def test_a_module_without_a_floor_is_found(checkout: Path, name: str) -> None:
    (checkout / name).write_text('"""New."""\n', encoding="utf-8")
    found = lint(checkout)
    assert found.returncode == 1
    assert f"{NEW[name]} BROKEN" in found.stdout
    assert name.removesuffix(".py").replace("/", ".") in found.stdout


# --- the name `trace` ---

RUN_MAIN = "import sys; sys.path.insert(0, sys.argv[1]); from livehub.__main__ import main; sys.exit(main(['doctor']))"


def run(code: str, *arguments: str | Path, cwd: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kind", ["module", "package"])
def test_another_trace_stops_the_server_with_one_line(folder: Path, kind: str) -> None:
    if kind == "module":
        (folder / "trace.py").touch()
    else:
        (folder / "trace").mkdir()
        (folder / "trace" / "__init__.py").touch()
    found = run(RUN_MAIN, folder, cwd=CHECKOUT)
    assert (found.returncode, found.stdout, found.stderr) == (2, "", WRONG_TRACE + "\n")
    assert "\n" not in WRONG_TRACE


def test_run_from_elsewhere_the_standard_librarys_trace_stops_the_server(folder: Path) -> None:
    code = RUN_MAIN.replace("sys.path.insert(0, ", "sys.path.append(")
    found = run(code, CHECKOUT, cwd=folder)
    assert (found.returncode, found.stdout, found.stderr) == (2, "", WRONG_TRACE + "\n")


def test_from_the_checkout_trace_is_ours() -> None:
    help_ = subprocess.run([sys.executable, "-m", "livehub", "--help"], cwd=CHECKOUT, capture_output=True, check=False)
    assert help_.returncode == 0
    found = run("from livehub.__main__ import trace_is_ours; print(trace_is_ours())", cwd=CHECKOUT)
    assert found.stdout == "True\n"
