"""A batch that fails is written in halves until the row at fault stands alone: one bad row fails by itself.

One bad row among n costs some 2 log2(n) writes more; only bad ones cost 2n at most. When nothing is there to be written to
(Unavailable, or another refusal that is over by itself) halves would fail the same, so the rest isn't tried; nor is it when
the first ROWS_REFUSED_MAX rows have failed one by one and none was written, since then the rows are not what is wrong.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from livehub.base.errors import LivehubError, Unavailable
from livehub.base.logs import Occasional
from livehub.base.metrics import BATCH_ROWS_REFUSED

_log = Occasional(logging.getLogger("livehub.base.halves"))

T = TypeVar("T")
R = TypeVar("R")

ROWS_REFUSED_MAX = 64
RETRY_AFTER_MS = 1_000


async def write_in_halves(
    name: str, rows: list[T], write: Callable[[list[T]], Awaitable[list[R]]]
) -> list[R | Exception]:
    """For each row, in order: what `write` returned for it, or why it could not be written.

    `write` is one transaction, and may get the same rows again after it raised. Rows that were not tried have a LivehubError
    that is `retryable`.
    """
    results: list[R | Exception] = []
    refused = 0
    parts = [rows]  # still to be written, the next one last
    while parts:
        part = parts.pop()
        try:
            written = await write(part)
            if len(written) != len(part):
                raise ValueError(f"{len(written)} results for {len(part)} rows")
            results += written
        except Exception as error:  # noqa: BLE001
            if isinstance(error, LivehubError) and error.retryable:
                return results + [error] * (len(rows) - len(results))
            if len(part) > 1:
                middle = len(part) // 2
                parts += [part[middle:], part[:middle]]
                continue
            _count(name, error, is_first=not refused)
            refused += 1
            results.append(error)
            if refused == len(results) == ROWS_REFUSED_MAX:
                rest = len(rows) - len(results)
                return results + [Unavailable(retry_after_ms=RETRY_AFTER_MS)] * rest
    return results


def _count(name: str, error: Exception, *, is_first: bool) -> None:
    """With its traceback only the first of a batch: the others are mostly the same."""
    BATCH_ROWS_REFUSED.labels(batch=name).inc()
    if is_first:
        _log.error("batch.row_refused", name, exc_info=error, extra={"batch": name})
