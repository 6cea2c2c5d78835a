"""Firefox as it is installed, driven over WebDriver BiDi (https://w3c.github.io/webdriver-bidi), which it speaks by itself.

    async with firefox(folder) as page:
        await page.go(f"{site.url}/r/{room}")
        assert await page.run("document.title")

Only what these tests need: one window, addresses, scripts. It has a camera and a microphone of its own making.
"""

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.patience import PATIENCE_S, START_PATIENCE_S

NAMES = ("firefox-esr", "firefox")
LOOK_S = 0.2
PREFERENCES = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "intl.accept_languages": "en",
    "media.autoplay.default": 0,  # allowed, with sound as well
    "media.gmp-manager.url": "http://127.0.0.1:9/",  # the H.264 plugin is not fetched
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,
    "network.captive-portal-service.enabled": False,
}
_ADDRESS = re.compile(r"ws://\S+")


def binary() -> str | None:
    """Where Firefox is, if it is installed."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """Its window."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._context = ""

    async def open(self) -> None:
        """Begin the session; the window it came with is this page."""
        await self._ask("session.new", capabilities={})
        tree = await self._ask("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    async def go(self, url: str) -> None:
        """Open an address; back when its page has loaded."""
        await self._ask("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def run(self, script: str) -> Any:
        """What an expression comes to, as JSON; promises are waited for."""
        expression = f"(async () => JSON.stringify((await ({script})) ?? null))()"
        answer = await self._ask(
            "script.evaluate", expression=expression, target={"context": self._context}, awaitPromise=True
        )
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return json.loads(answer["result"]["value"])

    async def until(self, script: str, *, within_s: float = PATIENCE_S) -> Any:
        """The first value of an expression that is true. What is on the page is told when none comes."""
        end_s = asyncio.get_running_loop().time() + within_s
        while not (value := await self.run(script)):
            assert asyncio.get_running_loop().time() < end_s, await self.run("document.body.innerText")
            await asyncio.sleep(LOOK_S)
        return value

    async def press(self, words: str) -> None:
        """The button that says this, once it is there."""
        buttons = "[...document.querySelectorAll('button')]"
        named = f"(b) => (b.ariaLabel ?? b.textContent).trim() === {json.dumps(words)} && !b.disabled"
        await self.until(f"{buttons}.some({named})")
        await self.run(f"{buttons}.find({named}).click()")

    async def _ask(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": parameters})
        async with asyncio.timeout(START_PATIENCE_S):
            while True:
                answer = await self._socket.receive_json()
                if answer.get("id") == self._number:
                    assert answer["type"] == "success", answer
                    return answer["result"]


@asynccontextmanager
async def firefox(profile: Path) -> AsyncIterator[Page]:
    """A Firefox whose data is in `profile`, gone at the end."""
    path = binary()
    assert path is not None
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    process = await asyncio.create_subprocess_exec(
        path, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0",
        env={**os.environ, "HOME": str(profile)}, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(START_PATIENCE_S):
            address = await _told(process)
        reading = asyncio.create_task(_read_on(process))
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{address}/session") as socket:
            page = Page(socket)
            await page.open()
            yield page
        reading.cancel()
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), PATIENCE_S)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _told(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    said = b""
    while line := await process.stderr.readline():
        said += line
        if found := _ADDRESS.search(line.decode(errors="replace")):
            return found[0]
    raise AssertionError(f"Firefox ended:\n{said.decode(errors='replace')}")


async def _read_on(process: asyncio.subprocess.Process) -> None:
    """What it says from now on, lest its pipe fills up."""
    assert process.stderr is not None
    while await process.stderr.readline():
        pass
