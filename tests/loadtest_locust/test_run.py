"""Locust against a real demo: everybody does their part, and nothing fails."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

ROOT = Path(__file__).parent.parent.parent
RUN_TIMEOUT_S = 100.0

Entries = dict[tuple[str, str], dict[str, Any]]


def _locust(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "loadtest", "locust", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=RUN_TIMEOUT_S, check=False)


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> Entries:
    """The statistics of a short headless run, by who and what."""
    path = tmp_path_factory.mktemp("locust") / "run"
    users = ["--headless", "--users", "12", "--spawn-rate", "12", "--run-time", "15s", "--stop-timeout", "5"]
    crowd = ["--crowd-viewers", "40", "--crowd-processes", "2"]
    done = _locust(*users, *crowd, "--only-summary", "--json-file", str(path))
    entries = path.with_suffix(".json").read_bytes() if path.with_suffix(".json").exists() else b""
    assert done.returncode == 0, f"{done.stderr}\n{done.stdout[-4_000:]}\n{entries.decode()}"
    return {
        (entry["method"], entry["name"]): entry for entry in msgspec.json.decode(path.with_suffix(".json").read_bytes())
    }


def test_nothing_fails(entries: Entries) -> None:
    assert {key: entry["num_failures"] for key, entry in entries.items() if entry["num_failures"]} == {}


@pytest.mark.parametrize(
    ("who", "what"),
    [
        ("viewer", "connect"),
        ("viewer", "join"),
        ("viewer", "like"),
        ("viewer", "chat line heard"),
        ("chatter", "chat"),
        ("player", "answer"),
        ("player", "control heard"),
        ("buyer", "join"),
        ("host", "ask a quiz"),
        ("crowd", "chat line heard"),
        ("crowd", "control heard"),
    ],
)
def test_everybody_does_their_part(entries: Entries, who: str, what: str) -> None:
    assert entries[(who, what)]["num_requests"] > 0


def test_every_viewer_of_the_crowd_came_in_once(entries: Entries) -> None:
    assert entries[("crowd", "come in")]["num_requests"] == 40


def test_each_player_answers_a_quiz_once(entries: Entries) -> None:
    players, quizzes = entries[("player", "join")]["num_requests"], entries[("host", "ask a quiz")]["num_requests"]
    assert entries[("player", "answer")]["num_requests"] <= players * quizzes


def test_without_a_way_to_be_the_host_that_is_the_failure() -> None:
    done = _locust(
        *(
            "--host",
            "http://127.0.0.1:9",
            "--headless",
            "--users",
            "1",
            "--run-time",
            "2s",
            "--only-summary",
            "HostUser",
        )
    )
    assert done.returncode == 1
    assert (
        "host get a token: give --host-token, or --livehub-data for a server on this machine"
        in done.stdout + done.stderr
    )
