"""Clients of the socket: stock python-socketio, the stock JavaScript client in Node, and a bare WebSocket for crowds.

All of them are Viewers: they send events with `call` and keep what they are told in `inbox`.
"""

import asyncio
import itertools
import json
import os
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiohttp
import socketio

from tests.integration.server import LocalServer, Person, connections
from tests.patience import PATIENCE_S

JS = Path(__file__).parent / "js" / "viewer.mjs"

Where = Callable[[Any], bool]


class TurnedAway(Exception):
    """The server refused the connection; `error` is what it said."""

    def __init__(self, error: Any) -> None:
        super().__init__(str(error))
        self.error = error


class Inbox:
    """What a client was told, in order."""

    def __init__(self) -> None:
        self.all: list[tuple[str, Any]] = []
        self._waiting: set[asyncio.Future[None]] = set()

    def put(self, event: str, body: Any) -> None:
        """One thing more."""
        self.all.append((event, body))
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    def of(self, event: str) -> list[Any]:
        """The bodies of all `event`s so far."""
        return [body for name, body in self.all if name == event]

    async def until(
        self,
        event: str | tuple[str, ...],
        where: Where = lambda _: True,
        *,
        after: int = 0,
        within_s: float = PATIENCE_S,
    ) -> Any:
        """The first `event` that fits, come or still to come. Fails with what came instead."""
        return (await self.count(event, 1, where, after=after, within_s=within_s))[0]

    async def count(
        self,
        event: str | tuple[str, ...],
        n: int,
        where: Where = lambda _: True,
        *,
        after: int = 0,
        within_s: float = PATIENCE_S,
    ) -> list[Any]:
        """The first `n` fitting `event`s (of any of the names), come or still to come, past the first `after` things."""
        names = (event,) if isinstance(event, str) else event
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + within_s
        seen, found = after, []
        while True:
            found += [body for name, body in self.all[seen:] if name in names and where(body)]
            seen = len(self.all)
            if len(found) >= n:
                return found[:n]
            news: asyncio.Future[None] = loop.create_future()
            self._waiting.add(news)
            try:
                async with asyncio.timeout_at(deadline_s):
                    await news
            except TimeoutError:
                came = "\n".join(f"  {name} {json.dumps(body)[:300]}" for name, body in self.all[-30:])
                raise AssertionError(
                    f"{len(found)} of {n} `{event}` came within {within_s} s; last came\n{came}"
                ) from None
            finally:
                self._waiting.discard(news)


class Viewer(ABC):
    """One connection."""

    def __init__(self) -> None:
        self.inbox = Inbox()

    async def admitted(self, *, within_s: float = PATIENCE_S) -> None:
        """Wait until the server has taken us in. Raises TurnedAway."""
        await self.inbox.until(("connect", "connect_error"), within_s=within_s)
        for error in self.inbox.of("connect_error"):
            raise TurnedAway(error)

    @abstractmethod
    async def call(self, event: str, body: Any) -> Any:
        """Send an event; its acknowledgement."""

    @abstractmethod
    async def leave(self) -> None:
        """Hang up."""

    async def done(self, event: str, body: Any) -> Any:
        """The acknowledgement of an event that must be taken."""
        answer = await self.call(event, body)
        assert answer["ok"] is True, answer
        return answer

    async def refused(self, event: str, body: Any) -> Any:
        """The error of an event that must be refused."""
        answer = await self.call(event, body)
        assert answer["ok"] is False, answer
        return answer["error"]

    async def join(self, room: str, since: dict[str, Any] | None = None) -> Any:
        """The acknowledgement of `join`."""
        return await self.done("join", {"room": room} if since is None else {"room": room, "since": since})

    async def control(self, type_: str, **fields: Any) -> Any:
        """The first control of a type whose data has these fields."""
        return await self.inbox.until(
            "control", lambda body: body["type"] == type_ and fields.items() <= body["data"].items()
        )

    async def line(self, text: str) -> Any:
        """The chat line with this text, out of a tick."""
        tick = await self.inbox.until("tick", lambda body: any(line["text"] == text for line in body["chats"]))
        return next(line for line in tick["chats"] if line["text"] == text)

    @property
    def texts(self) -> list[str]:
        """All chat lines heard so far."""
        return [line["text"] for tick in self.inbox.of("tick") for line in tick["chats"]]


class StockViewer(Viewer):
    """python-socketio's client."""

    def __init__(self) -> None:
        super().__init__()
        self.client = socketio.AsyncClient(reconnection=False)
        self.client.on("*", self._told)
        self.client.on("connect", self._connected)
        self.client.on("connect_error", self._refused)

    @classmethod
    async def connect(cls, server: LocalServer, person: Person | None, transports: list[str] | None) -> Self:
        """A connected one; without `transports` it polls first and moves to WebSocket."""
        viewer = cls()
        auth = {"token": person.token} if person else None
        try:
            await viewer.client.connect(server.url, auth=auth, transports=transports)
        except socketio.exceptions.ConnectionError:
            await viewer.admitted()
            raise
        return viewer

    async def _connected(self) -> None:
        self.inbox.put("connect", {"transport": self.client.transport()})

    async def _refused(self, error: Any) -> None:
        self.inbox.put("connect_error", error)

    async def _told(self, event: str, body: Any) -> None:
        self.inbox.put(event, body)

    async def call(self, event: str, body: Any) -> Any:
        return await self.client.call(event, body, timeout=PATIENCE_S)

    async def leave(self) -> None:
        await self.client.disconnect()


class NodeViewer(Viewer):
    """socket.io-client in Node, spoken to by lines of JSON; see js/viewer.mjs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        super().__init__()
        self._process = process
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def connect(
        cls, server: LocalServer, person: Person | None, transports: list[str] | None, node: Path
    ) -> Self:
        """A connected one; without `transports` it polls first and moves to WebSocket."""
        options = {"transports": transports, "auth": {"token": person.token} if person else {}}
        process = await asyncio.create_subprocess_exec(
            node,
            JS,
            server.url,
            json.dumps(options),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={"PATH": os.defpath},
            limit=2**24,
        )
        viewer = cls(process)
        try:
            await viewer.admitted()
        except BaseException:
            await viewer.leave()
            raise
        return viewer

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for text in self._process.stdout:
            said = json.loads(text)
            if "answer" in said:
                self._answers.pop(said["answer"]).set_result(said["body"])
            else:
                self.inbox.put(said["event"], said["body"])

    async def call(self, event: str, body: Any) -> Any:
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        self._tell({"call": number, "event": event, "body": body})
        async with asyncio.timeout(PATIENCE_S):
            return await self._answers[number]

    def _tell(self, command: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")

    async def leave(self) -> None:
        if self._process.returncode is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
        async with asyncio.timeout(PATIENCE_S):
            await self._process.wait()
            await self._reader


class RawViewer(Viewer):
    """A bare WebSocket that speaks just enough Engine.IO and Socket.IO, sees the close code, and may send anything."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, session: aiohttp.ClientSession | None = None) -> None:
        """`session`: of its own, closed with it."""
        super().__init__()
        self.socket = socket
        self._session = session
        self.closed: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._numbers = itertools.count(1)
        self._answers: dict[str, tuple[str, asyncio.Future[Any] | None]] = {}
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, server: LocalServer, **options: Any) -> Self:
        """One that has an open WebSocket, and has not said CONNECT."""
        url = f"{server.url}/socket.io/?EIO=4&transport=websocket"
        own = None
        if server.kept_alive:
            async with server.session.get(f"{server.url}/healthz") as answer:
                await answer.read()
        else:
            own = connections()  # a pool might give a connection that served a request before
        try:
            socket = await (own or server.session).ws_connect(url, max_msg_size=0, **options)
        except BaseException:
            if own is not None:
                await own.close()
            raise
        viewer = cls(socket, own)
        await viewer.inbox.until("open")
        return viewer

    @classmethod
    async def connect(cls, server: LocalServer, person: Person | None = None, **options: Any) -> Self:
        """One that is connected to the namespace /."""
        viewer = await cls.open(server, **options)
        await viewer.say_connect(person)
        return viewer

    async def say_connect(self, person: Person | None = None) -> None:
        """Do the Socket.IO handshake."""
        await self.socket.send_str("40" + json.dumps({"token": person.token} if person else {}))
        await self.admitted()

    async def _read(self) -> None:
        async for message in self.socket:
            text = message.data
            if text == "2":
                await self.socket.send_str("3")
            elif text[0] == "0":
                self.inbox.put("open", json.loads(text[1:]))
            elif text[:3] in ("40{", "44{"):
                self.inbox.put("connect" if text[1] == "0" else "connect_error", json.loads(text[2:]))
            elif text[:2] == "42":
                self.inbox.put(*json.loads(text[2:]))
            elif text[:2] == "43":
                number, _, answer = text[2:].partition("[")
                self._answer(number, json.loads("[" + answer)[0])
            else:
                self.inbox.put("packet", text)
        self.closed.set_result(self.socket.close_code)

    def _answer(self, number: str, body: Any) -> None:
        event, waiting = self._answers.pop(number, ("unknown event", None))
        self.inbox.put(f"{event} answered", body)
        if waiting is not None and not waiting.done():
            waiting.set_result(body)

    def start(self, event: str, body: Any) -> asyncio.Future[Any]:
        """Send an event now; a future of its acknowledgement."""
        number = str(next(self._numbers))
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers[number] = (event, answer)
        sending = asyncio.ensure_future(self.socket.send_str(f"42{number}{json.dumps([event, body])}"))
        sending.add_done_callback(lambda done: done.exception())
        return answer

    async def call(self, event: str, body: Any) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            return await self.start(event, body)

    async def close_code(self, *, within_s: float = PATIENCE_S) -> int | None:
        """The code with which the server hung up."""
        async with asyncio.timeout(within_s):
            return await asyncio.shield(self.closed)

    async def leave(self) -> None:
        await self.socket.close()
        await self._reader
        if self._session is not None:
            await self._session.close()


class Crowd:
    """Makes viewers and sees to it that all of them hang up at the end."""

    def __init__(self, stack: AsyncExitStack, node: Callable[[], Path]) -> None:
        self._stack = stack
        self._node = node

    def _keep(self, viewer: Any) -> Any:
        self._stack.push_async_callback(viewer.leave)
        return viewer

    async def raw(self, server: LocalServer, person: Person | None = None, **options: Any) -> RawViewer:
        """A connected bare WebSocket."""
        viewer: RawViewer = self._keep(await RawViewer.connect(server, person, **options))
        return viewer

    async def unconnected(self, server: LocalServer, **options: Any) -> RawViewer:
        """A bare WebSocket before the Socket.IO handshake."""
        viewer: RawViewer = self._keep(await RawViewer.open(server, **options))
        return viewer

    async def of_kind(self, kind: str, server: LocalServer, person: Person | None = None) -> Viewer:
        """A stock client: "python" or "javascript", then the transport it is told to use; none: it chooses."""
        language, _, transport = kind.partition(" ")
        transports = None if transport == "upgraded" else [transport]
        if language == "python":
            viewer: Viewer = await StockViewer.connect(server, person, transports)
        else:
            viewer = await NodeViewer.connect(server, person, transports, self._node())
        self._keep(viewer)
        return viewer


@asynccontextmanager
async def gathered(node: Callable[[], Path]) -> AsyncIterator[Crowd]:
    """A crowd, gone at the end."""
    async with AsyncExitStack() as stack:
        yield Crowd(stack, node)
