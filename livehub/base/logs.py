"""Structured logs: a constant event name and fields, one JSON object a line (or a readable line for people).

    log.info("hold.expired", extra={"hold": hold_id})

Nothing is written per message on a hot path: such things are counted (metrics.py). What a log must not hold is taken out
here, where all lines pass: bearer tokens and rows of people in tracebacks, and whatever a stranger sent that is no HTTP.
"""

import logging
import re
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
from aiohttp.http_exceptions import HttpProcessingError

from livehub.base.metrics import REFUSALS

ERRORS_MAX = 1_000  # of one traceback: groups' parts, causes and contexts

_BEARER = re.compile(r"(?i)(bearer(?:\s|%20)+)[^\s'\"]+")
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _PLAIN}


class NoHttp(logging.Filter):
    """What aiohttp could not read is anybody's doing, as often as they like: it is counted, and its bytes are not logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError):
            return True
        REFUSALS.labels(edge="http", name="no_http").inc()
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.DEBUG, "DEBUG"
        record.msg, record.args = "http.no_http", ()
        record.error = type(error).__name__
        return logging.getLogger(record.name).isEnabledFor(logging.DEBUG)


class _Formatter(logging.Formatter):
    def formatException(self, ei: Any) -> str:  # noqa: N802  (logging's name)
        """The traceback, without bearer tokens, and without what PostgreSQL tells of a row that it refused."""
        text = _BEARER.sub(r"\1***", super().formatException(ei))
        for error in _told(ei[1]):
            if isinstance(error, asyncpg.PostgresError) and error.detail and error.detail.strip():
                text = _detail(error.detail).sub("***", text)
        return text


def _told(error: BaseException | None) -> Iterator[BaseException]:
    """What a traceback tells of: the error, the parts of a group, causes and contexts, each once, ERRORS_MAX at most."""
    waiting, met = [error], set[int]()
    while waiting and len(met) < ERRORS_MAX:
        error = waiting.pop()
        if error is None or id(error) in met:
            continue
        met.add(id(error))
        yield error
        waiting += [error.__cause__, error.__context__]
        if isinstance(error, BaseExceptionGroup):
            waiting += error.exceptions


def _detail(text: str) -> re.Pattern[str]:
    """A detail as a traceback has it: in a group each of its lines is indented, behind a bar."""
    return re.compile(r"[\s|]*".join(map(re.escape, text.splitlines())))


class JsonFormatter(_Formatter):
    """One JSON object: ts (ISO 8601 UTC), level, logger, event, the fields, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


class TextFormatter(_Formatter):
    """A line for people at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        clock = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S.%f")[:-3]
        fields = " ".join(f"{name}={value}" for name, value in _fields(record).items())
        line = f"{clock} {record.levelname[0]} {record.name}: {record.getMessage()} {fields}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class Occasional:
    """Tells of what may happen per message: of each subject at once, then at most once in PAUSE_S with how often since.

    `exc_info`: an exception whose traceback is to be logged. Whoever needs every occurrence reads a counter instead.
    """

    PAUSE_S = 30.0
    SUBJECTS_MAX = 1_000

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._told: dict[tuple[str, str], tuple[float, int]] = {}

    def warning(
        self, event: str, subject: str, *, extra: dict[str, Any], exc_info: BaseException | None = None
    ) -> None:
        self._tell(logging.WARNING, event, subject, extra, exc_info)

    def error(self, event: str, subject: str, *, extra: dict[str, Any], exc_info: BaseException | None = None) -> None:
        self._tell(logging.ERROR, event, subject, extra, exc_info)

    def _tell(
        self, level: int, event: str, subject: str, extra: dict[str, Any], exc_info: BaseException | None
    ) -> None:
        now_s = self._clock()
        key = (event, subject)
        told_s, untold = self._told.get(key, (-self.PAUSE_S, 0))
        if now_s - told_s < self.PAUSE_S:
            self._told[key] = (told_s, untold + 1)
            return
        if key not in self._told and len(self._told) >= self.SUBJECTS_MAX:
            del self._told[next(iter(self._told))]
        self._told[key] = (now_s, 0)
        self._log.log(level, event, extra={**extra, "times": untold + 1}, exc_info=exc_info)


_NO_HTTP = NoHttp()


def configure(log_format: str, level: str) -> None:
    """Send all logs to stderr in `log_format` ("json" or "text"). Called once, by the command line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.getLogger("aiohttp.server").addFilter(_NO_HTTP)
    for chatty in ("aiohttp.access", "alembic", "procrastinate", "socketio", "engineio", "asyncio"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelName(level)))
