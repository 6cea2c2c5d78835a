"""In the local network the door speaks TLS: pages, calls and sockets, whole, with one process and with workers."""

import asyncio
import base64
import hashlib
import ipaddress
import json
import re
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.async_api import async_playwright

from livehub.app import Application
from livehub.base.config import ConfigError, Settings
from livehub.commands import local_ca
from livehub.hub.hub import Hub
from livehub.node import serving, tls
from tests.integration.processes import Processes
from tests.integration.server import InProcessServer, eventually, listening
from tests.patience import START_PATIENCE_S
from tests.ports import free_port

VIEWERS = 24  # more than the send loop takes at least


@pytest.fixture
def files(tmp_path: Path) -> local_ca.Files:
    return local_ca.files_for(tmp_path, [ipaddress.ip_address("127.0.0.1")], ["localhost"], datetime.now(UTC))


@pytest.fixture
async def server(settings: Settings, files: local_ca.Files) -> AsyncIterator[InProcessServer]:
    """A server that speaks TLS, with the compiled send loop at work from the start."""
    settings = settings.replace(
        tls_cert=str(files.certificate),
        tls_key=str(files.key),
        tls_authority=str(files.authority),
        socket_send_loop="start",
    )
    application, listener = Application(settings), listening()
    trusting = ssl.create_default_context(cafile=str(files.authority))
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, ssl=trusting))
    url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    async with serving.served(application, listener, tls=tls.load_tls(settings.core)), session:
        yield InProcessServer(url, session, application)


async def test_pages_calls_and_the_authority_come_over_tls(server: InProcessServer, files: local_ca.Files):
    room = await server.room()
    assert (await server.call("GET", f"/api/rooms/{room}")).status == 200
    async with server.session.get(server.url + tls.AUTHORITY_PATH) as response:
        assert response.content_type == "application/x-x509-ca-cert"
        authority = x509.load_der_x509_certificate(await response.read())
    assert authority == x509.load_pem_x509_certificate(files.authority.read_bytes())
    async with server.session.get(server.url + "/healthz") as response:
        assert "Strict-Transport-Security" not in response.headers


async def test_one_who_speaks_no_tls_gets_nothing_at_once_and_fills_no_log(
    server: InProcessServer, caplog: pytest.LogCaptureFixture
):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    try:
        async with asyncio.timeout(5.0):  # not the ten seconds that a handshake may take
            assert not await reader.read()
    except ConnectionResetError:
        pass
    finally:
        writer.close()
    assert [record for record in caplog.records if record.exc_info or record.levelname == "ERROR"] == []


async def test_fan_out_never_writes_past_tls_to_the_socket_below(server: InProcessServer):
    """The send loop takes descriptors; one of a TLS connection would get plain text in the midst of the stream."""
    room = await server.room()
    sockets = [await _viewer(server, room, deflate=bool(n % 2)) for n in range(VIEWERS)]
    connections = list((await server.application.get(Hub).rooms.open(room)).fanout.members)
    assert len(connections) == VIEWERS
    assert {connection.fd for connection in connections} == {-1}
    for number in range(3):
        await server.do("POST", f"/api/rooms/{room}/pins", {"title": f"Pears {number}"})
    for ws in sockets:
        pinned: list[str] = []
        async with asyncio.timeout(20):
            while len(pinned) < 3:
                message = await ws.receive()
                assert message.type is aiohttp.WSMsgType.TEXT, message
                pinned += [title for title in ("Pears 0", "Pears 1", "Pears 2") if title in message.data]
        assert pinned == ["Pears 0", "Pears 1", "Pears 2"]
        await ws.close()


async def _viewer(server: InProcessServer, room: str, *, deflate: bool) -> aiohttp.ClientWebSocketResponse:
    ws = await server.session.ws_connect(
        server.url + "/socket.io/?EIO=4&transport=websocket", compress=15 if deflate else 0
    )
    await ws.receive()
    await ws.send_str("40" + json.dumps({"token": server.person(f"viewer-{id(ws)}").token}))
    await ws.receive()
    await ws.send_str("420" + json.dumps(["join", {"room": room}]))
    async with asyncio.timeout(20):
        while not str((await ws.receive()).data).startswith("430"):
            pass
    return ws


@pytest.fixture
def address() -> str:
    try:
        return str(local_ca.own_address())
    except ConfigError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_a_phone_opens_the_studio_and_may_use_its_camera(
    processes: Processes, address: str, folder: Path, browser_path: str | None, workers: str
):
    port = free_port()
    data = folder / "data"
    demo = processes.start("demo", "--lan", "--port", str(port), "--data", str(data), "--workers", workers)

    async def up() -> bool:
        assert demo.alive, demo.printed
        return "Ctrl-C" in demo.printed

    await eventually(up, within_s=START_PATIENCE_S)
    match = re.search(r"host studio +(\S+)", demo.printed)
    assert match is not None
    studio = match[1]
    assert studio.startswith(f"https://{address}:{port}/studio/demo#token=")
    leaf = x509.load_pem_x509_certificate((data / "tls" / "lan.crt").read_bytes())
    spki = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    known = base64.b64encode(hashlib.sha256(spki).digest()).decode()
    flags = [
        "--no-sandbox",
        f"--ignore-certificate-errors-spki-list={known}",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
    ]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=flags)
        page = await browser.new_page()
        sockets: list[str] = []
        page.on("websocket", lambda opened: sockets.append(opened.url))
        await page.goto(studio)
        tracks = await page.evaluate(
            "navigator.mediaDevices.getUserMedia({video: true}).then(stream => stream.getTracks().length)"
        )
        assert await page.evaluate("isSecureContext")
        assert tracks == 1

        async def connected() -> bool:
            return any(opened.startswith(f"wss://{address}:{port}/socket.io/") for opened in sockets)

        await eventually(connected)
        await browser.close()


async def test_lan_does_not_overrule_settings_silently(processes: Processes, folder: Path):
    demo = processes.start("demo", "--lan", "--data", str(folder / "data"), host="127.0.0.1")
    assert await demo.ended() == 1
    assert "--lan sets LIVEHUB_HOST by itself" in demo.printed
