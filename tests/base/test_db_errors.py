"""An error of the driver is an absence, a conflict, or a defect of ours; the caller is told which."""

import asyncpg
import pytest

from livehub.base.db_errors import Meaning, meaning


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (asyncpg.DeadlockDetectedError("x"), "conflict"),
        (asyncpg.SerializationError("x"), "conflict"),
        (asyncpg.ReadOnlySQLTransactionError("x"), "read_only"),
        (asyncpg.InvalidPasswordError("x"), "away"),
        (asyncpg.TooManyConnectionsError("x"), "away"),
        (asyncpg.DiskFullError("x"), "away"),
        (asyncpg.CannotConnectNowError("x"), "away"),
        (asyncpg.AdminShutdownError("x"), "away"),
        (asyncpg.QueryCanceledError("x"), "away"),
        (asyncpg.LockNotAvailableError("x"), "away"),
        (asyncpg.ConnectionDoesNotExistError("x"), "away"),
        (asyncpg.InternalClientError("x"), "away"),
        (TimeoutError(), "away"),
        (ConnectionResetError(), "away"),
        (asyncpg.InterfaceError("the server expects 2 arguments, 1 was passed"), None),
        (asyncpg.DataError("invalid input"), None),
        (asyncpg.UndefinedTableError("x"), None),
        (asyncpg.UniqueViolationError("x"), None),
        (asyncpg.InFailedSQLTransactionError("x"), None),
        (ValueError(), None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_each_error_has_its_meaning(error: Exception, expected: Meaning | None) -> None:
    assert meaning(error, is_closed=False) == expected


def test_whatever_a_closed_connection_raises_is_an_absence() -> None:
    assert meaning(asyncpg.InterfaceError("connection is closed"), is_closed=True) == "away"
    assert meaning(ValueError(), is_closed=True) is None
