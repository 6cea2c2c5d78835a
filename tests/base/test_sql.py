"""Every query in the .sql files is one that PostgreSQL takes, every one is used, and every one that is used is there."""

import ast
import re
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import asyncpg
import pytest

from livehub.base.sql import parse, queries

CHECKOUT = Path(__file__).parent.parent.parent
FOLDERS = ("livehub", "commerce", "fulfil", "trace", "media")

SQL_FILES = sorted(
    path for folder in FOLDERS for path in (CHECKOUT / folder).rglob("*.sql") if "migrations" not in path.parts
)
MODULES = sorted(path for folder in FOLDERS for path in (CHECKOUT / folder).rglob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


def sql_file_of(path: Path, value: ast.expr) -> Path | None:
    """The file in `queries(__file__, "x.sql")`."""
    match value:
        case ast.Call(func=ast.Name(id="queries"), args=[_, ast.Constant(value=str(name))]):
            return path.parent / name
    return None


def sets_of_queries(path: Path) -> dict[str, Path]:
    """Name in the module to .sql file, for what the module reads itself: `Q = queries(...)`."""
    found: dict[str, Path] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                file = sql_file_of(path, value)
                if file is not None:
                    found[name] = file
    return found


def imported_sets(path: Path) -> dict[str, Path]:
    """The same for what it imports of other modules: `from livehub.base.events import Q as EVENTS`."""
    found: dict[str, Path] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            source = CHECKOUT / (node.module.replace(".", "/") + ".py")
            sets = sets_of_queries(source) if source.is_file() else {}
            found |= {alias.asname or alias.name: sets[alias.name] for alias in node.names if alias.name in sets}
    return found


@cache
def used_queries() -> dict[Path, set[str]]:
    """.sql file to the names that the code asks of it: `Q["name"]`."""
    used: dict[Path, set[str]] = {path: set() for path in SQL_FILES}
    for path in MODULES:
        sets = sets_of_queries(path) | imported_sets(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(query))) if name in sets:
                    used[sets[name]].add(query)
    return used


def test_there_are_files() -> None:
    assert len(SQL_FILES) >= 10
    assert CHECKOUT / "livehub" / "hub" / "rooms" / "log.sql" in SQL_FILES


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


QUERIES = {
    f"{named(path)} {name}": query for path in SQL_FILES for name, query in parse(path.read_text("utf-8")).items()
}


async def test_postgresql_takes_every_query_and_each_parameter_is_used(connection: asyncpg.Connection) -> None:
    for name, query in QUERIES.items():
        statement = await connection.prepare(query)
        code = "\n".join(line.split("--")[0] for line in query.splitlines())
        numbers = {int(number) for number in re.findall(r"\$(\d+)", code)}
        assert numbers == set(range(1, len(statement.get_parameters()) + 1)), name


@pytest.mark.parametrize("path", SQL_FILES, ids=named)
def test_every_query_is_used_and_every_used_one_is_there(path: Path) -> None:
    assert set(parse(path.read_text(encoding="utf-8"))) == used_queries()[path]


def test_a_file_is_parsed_into_its_queries() -> None:
    text = "-- of the file\n-- name: one\n-- $1 n\nSELECT $1;\n\n-- name: two\nSELECT 2"
    assert parse(text) == {"one": "-- $1 n\nSELECT $1", "two": "SELECT 2"}
    assert parse("-- nothing here") == {}


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="a query name is given twice"):
        parse("-- name: one\nSELECT 1;\n-- name: one\nSELECT 2;")


def test_queries_are_read_from_beside_a_module(tmp_path: Path) -> None:
    (tmp_path / "some.sql").write_text("-- name: greet\nSELECT '你好';\n", encoding="utf-8")
    assert queries(str(tmp_path / "module.py"), "some.sql") == {"greet": "SELECT '你好'"}
