"""A log line is one JSON object whatever is in it, or one line for people; tracebacks are kept."""

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from livehub.base import logs
from livehub.base.metrics import REGISTRY


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


@pytest.mark.parametrize("formatter", [logs.JsonFormatter(), logs.TextFormatter()])
def test_a_traceback_has_no_bearer_token(formatter: logging.Formatter) -> None:
    try:
        raise ValueError("b'Authorization: Bearer abc.def-123\\x00'")
    except ValueError:
        exc_info = sys.exc_info()
    made = logging.getLogger("livehub.test").makeRecord("t", logging.ERROR, __file__, 1, "failed", (), exc_info)
    assert "abc.def" not in formatter.format(made)
    assert "Bearer ***" in formatter.format(made)


@pytest.mark.parametrize("formatter", [logs.JsonFormatter(), logs.TextFormatter()])
async def test_a_traceback_has_nothing_of_a_row_that_was_refused(
    formatter: logging.Formatter, database_url: str
) -> None:
    connection, street = await asyncpg.connect(database_url), "Elm Street 1"
    told = RuntimeError("a defect")
    try:
        await connection.execute(
            "CREATE TEMPORARY TABLE homes (street text CONSTRAINT long CHECK (length(street) > 20))"
        )
        await connection.execute("INSERT INTO homes VALUES ($1)", street)
    except asyncpg.CheckViolationError as error:
        told.__cause__ = error
    finally:
        await connection.close()
    cause = type(told), told, None
    made = logging.getLogger("livehub.test").makeRecord("t", logging.ERROR, __file__, 1, "failed", (), cause)
    text = formatter.format(made)
    assert "Elm Street" not in text
    assert "DETAIL:  ***" in text


def refused(row: str) -> asyncpg.PostgresError:
    error = asyncpg.CheckViolationError("a row was refused")
    error.detail = f"Failing row contains ({row})."
    return error


def test_nor_in_a_group_nor_as_a_cause_beside_a_context() -> None:
    both = RuntimeError("a defect")
    both.__cause__, both.__context__ = refused("Elm Street 1\n2nd floor"), refused("Oak Street 2")
    both.__suppress_context__ = False
    deep = ValueError("deep")
    deep.__context__ = ExceptionGroup("two", [refused("Fir Street 3"), both])
    told = BaseExceptionGroup("all", [deep, refused("Elm Street 1\n\n2nd floor"), asyncio.CancelledError()])
    told.__cause__ = told.exceptions[1]  # a circle
    made = logging.getLogger("livehub.test").makeRecord(
        "t", logging.ERROR, __file__, 1, "failed", (), (type(told), told, None)
    )
    text = logs.TextFormatter().format(made)
    assert not [word for word in ("Street", "floor") if word in text], text
    assert text.count("DETAIL:  ***") == 4


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


@pytest.mark.usefixtures("untouched_logging")
async def test_what_is_no_http_is_counted_and_leaves_no_line(
    capsys: pytest.CaptureFixture[str], aiohttp_server: Callable[..., Awaitable[TestServer]]
) -> None:
    async def fails(_request: web.Request) -> web.Response:
        raise RuntimeError("a defect")

    logs.configure("json", "INFO")
    app = web.Application()
    app.router.add_get("/fails", fails)
    server = await aiohttp_server(app)
    before = no_http_count()
    assert b" 400 " in await answer_to(server, b"GET / HTTP/1.1\r\nAuthorization: Bearer secret\x00\r\n\r\n")
    assert b" 400 " in await answer_to(server, b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n")
    assert b" 500 " in await answer_to(server, b"GET /fails HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["error"].splitlines()[-1] for line in lines] == ["RuntimeError: a defect"]
    assert no_http_count() == before + 2


def no_http_count() -> float:
    return REGISTRY.get_sample_value("livehub_refusals_total", {"edge": "http", "name": "no_http"}) or 0.0


async def answer_to(server: TestServer, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(sent)
    answer = await reader.read()
    writer.close()
    return answer


# --- what may happen per message ---


def test_of_what_may_happen_per_message_the_log_tells_once_in_a_while_with_how_often(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now_s = [100.0]
    occasional = logs.Occasional(logging.getLogger("livehub.test"), lambda: now_s[0])
    for subject, times in (("a", 1_000), ("b", 3)):
        for _ in range(times):
            occasional.warning("test.happened", subject, extra={"subject": subject})
    now_s[0] += occasional.PAUSE_S
    occasional.warning("test.happened", "a", extra={"subject": "a"})
    told = [(record.subject, record.times) for record in caplog.records]  # type: ignore[attr-defined]
    assert told == [("a", 1), ("b", 1), ("a", 1_000)]


def test_it_remembers_a_bounded_number_of_subjects() -> None:
    occasional = logs.Occasional(logging.getLogger("livehub.test"), lambda: 0.0)
    for number in range(occasional.SUBJECTS_MAX + 50):
        occasional.error("test.happened", str(number), extra={})
    assert len(occasional._told) == occasional.SUBJECTS_MAX
