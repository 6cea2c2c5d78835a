"""Named queries: SQL lives in .sql files, each query under `-- name: some_name`, with $1, $2, ... as asyncpg takes them.

    Q = queries(__file__, "log.sql")
    row = await connection.fetchrow(Q["room_for_update"], room)

aiosql was tried first: it hides asyncpg's typed calls behind async generators and inspects the connection at every call.
tests/base/test_sql.py prepares every query of every file against a real PostgreSQL.
"""

import re
from pathlib import Path

_NAME = re.compile(r"^-- name: ([a-z0-9_]+)\s*$", re.MULTILINE)


def parse(text: str) -> dict[str, str]:
    """Name to query. What stands before the first name is a comment. Raises ValueError on a name given twice."""
    parts = _NAME.split(text)
    names, bodies = parts[1::2], parts[2::2]
    if len(set(names)) != len(names):
        raise ValueError(f"a query name is given twice among {names}")
    return {name: body.strip().rstrip(";") for name, body in zip(names, bodies, strict=True)}


def queries(beside: str, file: str) -> dict[str, str]:
    """The queries of `file`, which lies beside the module file `beside`."""
    return parse((Path(beside).parent / file).read_text(encoding="utf-8"))
