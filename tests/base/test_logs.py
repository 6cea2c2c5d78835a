"""A log line is one JSON object whatever is in it, or one line for people; tracebacks are kept."""

import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from livehub.base import logs


def record(event: str, *, error: bool = False, **fields: object) -> logging.LogRecord:
    exc_info = None
    if error:
        try:
            raise ValueError("broken\nin two lines")
        except ValueError:
            exc_info = sys.exc_info()
    made = logging.getLogger("livehub.test").makeRecord(
        "livehub.test", logging.WARNING, __file__, 1, event, (), exc_info, extra=fields
    )
    made.created = datetime(2026, 5, 1, 12, 30, 15, 250_000, UTC).timestamp()
    return made


def test_a_line_is_an_object_with_its_event_and_fields() -> None:
    line = logs.JsonFormatter().format(record("hold.expired", hold="h1", left=3))
    assert json.loads(line) == {
        "ts": "2026-05-01T12:30:15.250+00:00",
        "level": "warning",
        "logger": "livehub.test",
        "event": "hold.expired",
        "hold": "h1",
        "left": 3,
    }


@pytest.mark.parametrize(
    ("value", "kept"),
    [("two\nlines", "two\nlines"), ("蓝莓", "蓝莓"), ({"a": [1]}, {"a": [1]}), (ValueError("x"), "x"), (None, None)],
)
def test_whatever_a_field_holds_the_line_stays_one_line(value: object, kept: object) -> None:
    line = logs.JsonFormatter().format(record("odd", value=value))
    assert "\n" not in line
    assert json.loads(line)["value"] == kept


def test_a_traceback_is_in_the_object() -> None:
    line = logs.JsonFormatter().format(record("failed", error=True))
    assert "\n" not in line
    assert json.loads(line)["error"].endswith("ValueError: broken\nin two lines")


def test_people_get_a_readable_line() -> None:
    line = logs.TextFormatter().format(record("hold.expired", hold="h1", left=3))
    assert line.split(" ", 1)[1] == "W livehub.test: hold.expired hold=h1 left=3"
    with_error = logs.TextFormatter().format(record("failed", error=True))
    assert "Traceback (most recent call last)" in with_error


@pytest.fixture
def untouched_logging() -> Iterator[None]:
    root = logging.getLogger()
    before = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = before


@pytest.mark.usefixtures("untouched_logging")
def test_configured_logs_go_to_stderr_from_their_level_on(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "INFO")
    logging.getLogger("livehub.test").info("seen", extra={"n": 1})
    logging.getLogger("livehub.test").debug("not seen")
    logging.getLogger("aiohttp.access").info("not seen either")
    told = capsys.readouterr()
    assert told.out == ""
    assert [json.loads(line)["event"] for line in told.err.splitlines()] == ["seen"]
