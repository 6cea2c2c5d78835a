"""What README.md shows is what happens: its commands are run against a demo server, and their output is compared.

A code block after `<!-- run -->` is run: `console`, each line after `$ ` in one shell, the lines after it being its output;
`python`, as a program that gets a host's token. A block after `<!-- output -->` is what the program before it prints; one after
`<!-- demo -->` ends with what the demo says. `...` stands for anything. Port and data folder are the test's own. The
program in docs/wire.md, in `js`, is run by Node, with the packages of web/.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import new_folder
from tests.ports import free_port

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^<!-- (\w+) -->\n```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

START_WITHIN_S = 90.0
STOP_WITHIN_S = 20.0
COMMAND_WITHIN_S = 60.0


class Block(NamedTuple):
    """A code block of the README that is not only for the eye."""

    mark: str
    language: str
    text: str


class Demo(NamedTuple):
    """The demo as it runs."""

    port: int
    data: Path
    printed: str


BLOCKS = [Block(*found.groups()) for found in BLOCK.finditer(README)]


def blocks(mark: str, language: str = "") -> list[str]:
    """The texts of the blocks of one kind."""
    return [block.text for block in BLOCKS if (block.mark, block.language) == (mark, language)]


def environment(**more: str) -> dict[str, str]:
    """Ours without what would lead a livehub elsewhere."""
    foreign = ("LIVEHUB_", "DATABASE_URL", "REDIS_URL", "MAKE", "MFLAGS")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)} | more


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """What `make run` runs after set-up, on a free port."""
    with new_folder() as folder:
        port = free_port()
        given = environment(LIVEHUB_PORT=str(port), LIVEHUB_DATA=str(folder / "data"))
        printed = folder / "printed"
        with printed.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "livehub", "demo"], cwd=ROOT, env=given, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            _wait_until_ready(process, port, printed)
            yield Demo(port, folder / "data", printed.read_text())
        finally:
            process.terminate()
            assert process.wait(STOP_WITHIN_S) == 0


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, printed: Path) -> None:
    deadline_s = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline_s:
        assert process.poll() is None, printed.read_text()
        if "Ctrl-C stops it." in printed.read_text() and _is_ready(port):
            return
        time.sleep(0.1)
    pytest.fail(f"the demo was not ready after {START_WITHIN_S} s:\n{printed.read_text()}")


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def adapted(text: str, demo: Demo) -> str:
    """The text with this demo's port and folder."""
    text = re.sub(r"\b(localhost|127\.0\.0\.1):8080\b", rf"\1:{demo.port}", text)
    return text.replace("--data .livehub", f"--data {demo.data}")


def token_of(demo: Demo, role: str) -> str:
    """What `token` prints."""
    told = subprocess.run(
        [sys.executable, "-m", "livehub", "token", "--data", str(demo.data), "--role", role],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=COMMAND_WITHIN_S,
        check=True,
    )
    return told.stdout.strip()


def post(demo: Demo, path: str, body: object, token: str) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"http://127.0.0.1:{demo.port}{path}", json.dumps(body).encode(), headers)
    urllib.request.urlopen(request, timeout=COMMAND_WITHIN_S).close()


def fits(shown: str, real: str) -> bool:
    """Whether `real` is what `shown` says, `...` being anything, and blanks at line ends nothing."""
    pattern = "(?s:.*?)".join(re.escape(part) for part in lines_stripped(shown).split("..."))
    return re.fullmatch(pattern, lines_stripped(real)) is not None


def lines_stripped(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def commands(text: str) -> list[tuple[str, str]]:
    """(command, output) pairs of a console block; a command goes on while its lines end in a backslash."""
    pairs = []
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, rest, goes_on = "", part, True
        while goes_on:
            line, _, rest = rest.partition("\n")
            goes_on = line.endswith("\\")
            command += line + "\n"
        pairs.append((command, rest))
    return pairs


@pytest.mark.parametrize("text", blocks("run", "console"), ids=lambda text: commands(text)[0][0].strip()[:40])
def test_a_command_prints_what_the_readme_shows(text: str, demo: Demo):
    pairs = commands(text)
    mark = "--- next ---"
    script = "".join(f"{adapted(command, demo)}echo '{mark}'\n" for command, _ in pairs)
    done = subprocess.run(
        ["bash", "-eu", "-c", script],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=COMMAND_WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    printed = done.stdout.split(mark)[:-1]
    for (command, shown), real in zip(pairs, printed, strict=True):
        assert fits(adapted(shown, demo), real), f"{command}\nshows\n{shown}\nprints\n{real}"


def test_the_program_prints_what_the_readme_shows(demo: Demo):
    [program], [shown] = blocks("run", "python"), blocks("output")
    done = subprocess.run(
        [sys.executable, "-c", adapted(program, demo)],
        cwd=demo.data,
        env=environment(),
        input=token_of(demo, "host"),
        capture_output=True,
        text=True,
        timeout=COMMAND_WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert fits(shown, done.stdout), done.stdout


def test_the_program_of_the_wire_sees_a_room_and_what_is_done_in_it(demo: Demo):
    [wire] = [
        text for _, language, text in BLOCK.findall((ROOT / "docs" / "wire.md").read_text("utf-8")) if language == "js"
    ]
    node = shutil.which("node")
    assert node is not None
    with subprocess.Popen(
        [node, "--input-type=module", "--eval", adapted(wire, demo)],
        cwd=ROOT / "web",
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        watch = threading.Timer(COMMAND_WITHIN_S, program.kill)  # no line is waited for any longer
        watch.start()
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == "afresh: 透明农场日：蓝莓开采\n"
            post(demo, "/api/rooms/demo/pins", {"product": "jam"}, token_of(demo, "host"))
            shown = iter(program.stdout.readline, "")
            assert (
                next(line for line in shown if line.startswith("pin ")) == "pin jam\n"
            )  # the camera may come on air first
        finally:
            watch.cancel()
            program.kill()


def test_the_demo_says_what_the_readme_shows(demo: Demo):
    [shown] = blocks("demo", "console")
    said = "livehub is up: "
    ending = said + shown.partition(said)[2]
    real = said + demo.printed.partition(said)[2]
    assert fits(adapted(ending, demo), real), real


def test_the_picture_is_small_enough_to_load():
    pictures = re.findall(r"!\[[^\]]+\]\((docs/images/[\w.-]+)\)", README)
    assert pictures
    assert [name for name in pictures if (ROOT / name).stat().st_size > 600_000] == []
