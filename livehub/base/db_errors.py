"""What an error of the PostgreSQL driver means for whoever called.

    away        the server, or our connection to it, is not there now: try again in a second
    read_only   the server takes no writes (a standby, a failover under way): the same, on a new connection
    conflict    PostgreSQL rolled this transaction back for another one's sake: try again at once
    a defect    anything else, among it a query of ours that is wrong: passed on as it is

The driver raises InterfaceError both for a connection that is closed and for wrong arguments, so whether the connection is
closed decides. What the code between two queries raises (a timeout of its own, an OSError of a file) never comes here.
"""

from typing import Literal

import asyncpg

Meaning = Literal["away", "read_only", "conflict"]

# What the driver may raise of a query, of connecting, or of taking a connection from the pool.
DRIVER_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

# With these it could not connect: whatever the reason, it is not the caller's fault, and it may be put right meanwhile.
CONNECTION_ERRORS = DRIVER_ERRORS

_CONFLICT = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.TransactionRollbackError,  # the rest of class 40
)
_AWAY = (
    OSError,  # TimeoutError is one, too: a statement that was given up
    asyncpg.PostgresConnectionError,  # class 08
    asyncpg.InvalidAuthorizationSpecificationError,  # class 28: a password that was changed
    asyncpg.InsufficientResourcesError,  # class 53: too many connections, no memory, no disk
    asyncpg.OperatorInterventionError,  # class 57: shut down, starting up, cancelled
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.LockNotAvailableError,
    asyncpg.InternalClientError,  # what asyncpg may raise next on a connection that was lost (its issue 784)
)


def meaning(error: BaseException, *, is_closed: bool) -> Meaning | None:
    """What `error` of a query means; None for a defect. `is_closed`: whether its connection is."""
    if isinstance(error, _CONFLICT):
        return "conflict"
    if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
        return "read_only"
    if isinstance(error, _AWAY) or (is_closed and isinstance(error, DRIVER_ERRORS)):
        return "away"
    return None
