"""WebKit, the engine of Safari, spoken to in W3C WebDriver (https://www.w3.org/TR/webdriver2/).

Debian's WebKitGTK, on a screen in memory (Xvfb). It is no iPhone: no native HLS, no WebRTC, no touch; but its layout, scripts,
history, media elements and autoplay rules are WebKit's. What is found is found by CSS, or by the words of what is pressed.
"""

import asyncio
import base64
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiohttp

from tests.patience import PATIENCE_S, START_PATIENCE_S
from tests.ports import free_port

DRIVER, SCREEN = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
BROWSER = next(iter(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser")), None)
MISSING = "" if DRIVER and SCREEN and BROWSER else "WebKit is not installed: apt-get install webkit2gtk-driver xvfb"

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key under which an element is sent (WebDriver, 12)
NOT_YET = ("element not interactable", "element click intercepted")  # it moves, or something lies over it
PAUSE_S = 0.05

# The elements of a selector that are to be seen.
_SEEN = """
const seen = (css) => [...document.querySelectorAll(css)].filter((e) => e.checkVisibility() && !e.closest("[inert]"));
"""
# What can be pressed and is named so: by its label, or the text in it.
_NAMED = """
const [pattern, within] = arguments;
const like = new RegExp(pattern);
const named = (e) => like.test((e.getAttribute("aria-label") || e.textContent).trim());
return seen("button, a, [role=button], [role=tab]")
  .find((e) => named(e) && (!within || seen(within).some((top) => top.contains(e)))) ?? null;
"""

# Where an element is, after two frames.
_PLACE = """
const { top, left } = arguments[0].getBoundingClientRect();
return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done([top, left]))));
"""


class WebDriverError(Exception):
    """The driver refused: its error and its message."""


class WebKit:
    """One window with a profile of its own."""

    def __init__(self, http: aiohttp.ClientSession, session: str) -> None:
        self._http = http
        self._path = f"/session/{session}"

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        return await _call(self._http, method, self._path + path, body)

    async def goto(self, url: str) -> None:
        """Open an address."""
        await self._call("POST", "/url", {"url": url})

    async def back(self) -> None:
        """The browser's Back."""
        await self._call("POST", "/back", {})

    async def reload(self) -> None:
        """Open the page anew."""
        await self._call("POST", "/refresh", {})

    async def url(self) -> str:
        """The address that the window is at."""
        return str(await self._call("GET", "/url"))

    async def run(self, script: str, *arguments: Any) -> Any:
        """What the body of a function returns; `seen(css)` in it is the visible elements of a selector."""
        return await self._call("POST", "/execute/sync", {"script": _SEEN + script, "args": list(arguments)})

    async def until(self, script: str, *arguments: Any) -> Any:
        """What `script` returns once that is neither false nor null. Raises TimeoutError, with what the page shows."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not (value := await self.run(script, *arguments)):  # noqa: ASYNC110  # WebDriver cannot wait
                    await asyncio.sleep(PAUSE_S)
                return value
        except TimeoutError as error:
            shown = await self.run("return document.body.innerText")
            raise TimeoutError(f"{script.strip()} {arguments}\non a page that shows:\n{shown}") from error

    async def see(self, text: str, within: str = "body") -> None:
        """Wait until the page shows `text` in an element of the CSS selector `within`."""
        await self.until("return seen(arguments[1]).some((e) => e.innerText.includes(arguments[0]))", text, within)

    async def gone(self, css: str) -> None:
        """Wait until nothing of this selector is to be seen."""
        await self.until(
            "return ![...document.querySelectorAll(arguments[0])].some(e => e.getClientRects().length)", css
        )

    async def press(self, name: str | re.Pattern[str], within: str = "") -> None:
        """Click what can be pressed and is named `name`, in an element of the selector `within` if given."""
        pattern = name.pattern if isinstance(name, re.Pattern) else f"^{re.escape(name)}$"
        await self._click(await self.until(_NAMED, pattern, within))

    async def click(self, css: str) -> None:
        """Click the first visible element of a selector."""
        await self._click(await self.until("return seen(arguments[0])[0]", css))

    async def type(self, css: str, text: str) -> None:
        """Write into a field; an Enter at the end is "\\ue007"."""
        element = await self.until("return seen(arguments[0])[0]", css)
        await self._call("POST", f"/element/{element[ELEMENT]}/value", {"text": text})

    async def key(self, key: str) -> None:
        """Press a key of the keyboard, whatever has the focus: a character, or one of WebDriver's code points."""
        actions = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        await self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    async def screenshot(self, path: Path) -> None:
        """What the window shows, as a PNG."""
        picture = base64.b64decode(await self._call("GET", "/screenshot"))
        await asyncio.to_thread(path.write_bytes, picture)

    async def _click(self, element: dict[str, str]) -> None:
        """Click it, once it lies still where it can be hit."""
        async with asyncio.timeout(PATIENCE_S):
            while await self.run(_PLACE, element) != await self.run(_PLACE, element):  # noqa: ASYNC110  # as above
                await asyncio.sleep(PAUSE_S)  # a sheet on its way
            while True:
                try:
                    await self._call("POST", f"/element/{element[ELEMENT]}/click", {})
                    return
                except WebDriverError as error:
                    if not any(word in str(error) for word in NOT_YET):
                        raise
                await asyncio.sleep(PAUSE_S)

    async def close(self) -> None:
        """Close the window and forget the profile."""
        await self._call("DELETE", "")


async def _call(http: aiohttp.ClientSession, method: str, path: str, body: Any) -> Any:
    async with http.request(method, path, json=body) as answer:
        value = (await answer.json(content_type=None)).get("value")
    if answer.status != 200:
        raise WebDriverError(f"{method} {path}: {value}")
    return value


class Driver:
    """WebKitWebDriver, which opens windows on a screen of `width` x `height`; one at a time."""

    def __init__(self, width: int, height: int) -> None:
        self._size = {"x": 0, "y": 0, "width": width, "height": height}
        self._processes: list[asyncio.subprocess.Process] = []
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        assert SCREEN is not None and DRIVER is not None, MISSING  # noqa: PT018  # a test skips before it comes here
        try:
            display = await self._screen(SCREEN)
            # No sound card, no GPU: what is heard goes nowhere, and pages are drawn by the processor.
            environ = os.environ | {"DISPLAY": f":{display}", "LIBGL_ALWAYS_SOFTWARE": "1"}
            environ |= {"WEBKIT_DISABLE_COMPOSITING_MODE": "1", "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
            await self._listen(DRIVER, environ)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def _screen(self, program: str) -> int:
        """Start the screen; its number."""
        size = "{width}x{height}x24".format(**self._size)
        arguments = ("-displayfd", "1", "-screen", "0", size, "-nolisten", "tcp")
        screen = await asyncio.create_subprocess_exec(
            program, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        self._processes.append(screen)
        assert screen.stdout is not None
        async with asyncio.timeout(START_PATIENCE_S):
            return int(await screen.stdout.readline())

    async def _listen(self, program: str, environ: dict[str, str]) -> None:
        port = free_port()
        quiet = asyncio.subprocess.DEVNULL
        driver = await asyncio.create_subprocess_exec(
            program, f"--port={port}", env=environ, stdout=quiet, stderr=quiet
        )
        self._processes.append(driver)
        self._http = aiohttp.ClientSession(f"http://127.0.0.1:{port}", timeout=aiohttp.ClientTimeout(START_PATIENCE_S))
        async with asyncio.timeout(START_PATIENCE_S):
            while True:
                try:
                    await _call(self._http, "GET", "/status", None)
                    return
                except aiohttp.ClientError:
                    await asyncio.sleep(PAUSE_S)

    async def __aexit__(self, *_raised: object) -> None:
        if self._http is not None:
            await self._http.close()
        for process in reversed(self._processes):
            if process.returncode is None:
                process.terminate()
            await process.wait()

    @asynccontextmanager
    async def window(self, *options: str) -> AsyncIterator[WebKit]:
        """A window that fills the screen. `options`: more of MiniBrowser's, such as `--autoplay-policy=deny`."""
        assert self._http is not None
        arguments = ["--automation", "--full-screen", *options]
        wanted = {"webkitgtk:browserOptions": {"binary": str(BROWSER), "args": arguments}}
        made = await _call(self._http, "POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        window = WebKit(self._http, made["sessionId"])
        try:
            # There is no window manager that would do it; full screen leaves the browser's own bars away.
            await _call(self._http, "POST", f"/session/{made['sessionId']}/window/rect", self._size)
            yield window
        finally:
            await window.close()
