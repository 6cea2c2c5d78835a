"""A TCP proxy before PostgreSQL, which can fail as networks do: cut a connection at the worst moment, or go silent.

proxy.cut_next_commit()     the next COMMIT reaches the server, its answer reaches nobody, and the connection ends
proxy.at_next_copy(f)       f is called when the server has been asked for a COPY; its rows do not come before `go_on_copying`
proxy.at_next(m, f, ...)    f is called when the server is to be asked something with m in it, which does not reach it; or at
                            the COMMIT after it, which does, while its answer reaches nobody
proxy.go_silent()           nothing passes any more, and nobody is told
"""

import asyncio
import contextlib
from collections.abc import Callable

COMMIT = b"COMMIT"
COPY = b"COPY "
HEAD_BYTES = 5  # before the text of a Query: its kind, and the length of what follows the kind
ANSWER_S = 0.2  # for the server to do what it was told before its answer is lost
CHUNK_BYTES = 65_536


class Proxy:
    """Passes everything on between whoever connects and `host`:`port`; a `host` that is a folder: PostgreSQL's socket in it."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._cuts = 0
        self._is_silent = False
        self._spoken = asyncio.Event()  # again, after a silence: what was held back is lost
        self._at_copy: Callable[[], None] | None = None
        self._copying = asyncio.Event()  # set while rows may come
        self._copying.set()
        self._marked: tuple[bytes, bool, Callable[[], None]] | None = None
        self.cut = 0  # commits whose answers were lost so far
        self.made = 0  # connections to the server that were made so far

    @property
    def port(self) -> int:
        """Where it listens on loopback."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)

    async def stop(self) -> None:
        """End every connection."""
        if self._server is not None:
            self._server.close()
        self._spoken.set()
        self._copying.set()
        self.cut_all()
        await asyncio.sleep(0)

    def cut_all(self) -> None:
        """End every connection now."""
        for writer in list(self._writers):
            writer.transport.abort()

    def cut_next_commit(self) -> None:
        self._cuts += 1

    def at_next_copy(self, call: Callable[[], None]) -> None:
        self._at_copy = call
        self._copying.clear()

    def go_on_copying(self) -> None:
        """The rows may come; if nobody asked for a COPY, nothing is called any more."""
        self._at_copy = None
        self._copying.set()

    def at_next(self, mark: bytes, call: Callable[[], None], *, is_committed: bool) -> None:
        """Once; `is_committed`: at the COMMIT of the transaction with the mark."""
        self._marked = mark, is_committed, call

    def no_mark(self) -> None:
        """Call nobody any more."""
        self._marked = None

    def pass_all(self) -> None:
        """Cut nothing any more, and speak."""
        self._cuts = 0
        self.no_mark()
        self.go_on_copying()
        if self._is_silent:
            self.speak_again()

    def go_silent(self) -> None:
        self._is_silent = True
        self._spoken = asyncio.Event()

    def speak_again(self) -> None:
        """For connections made from now on; what was held back on others is lost."""
        self._is_silent = False
        self._spoken.set()
        self.go_on_copying()
        self.cut_all()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            there_reader, there_writer = await self._connect()
        except OSError:
            writer.transport.abort()
            self._writers.discard(writer)
            return
        self._writers.add(there_writer)
        self.made += 1
        lost = asyncio.Event()
        both = (
            asyncio.create_task(self._to_server(reader, there_writer, lost)),
            asyncio.create_task(self._to_client(there_reader, writer, lost)),
        )
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            for each in (writer, there_writer):
                each.transport.abort()
                self._writers.discard(each)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._host.startswith("/"):
            return await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
        return await asyncio.open_connection(self._host, self._port)

    async def _to_server(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: asyncio.Event) -> None:
        at_commit: Callable[[], None] | None = None  # what is to happen at the COMMIT of this connection's transaction
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                await self._while_silent()
                if self._marked is not None and self._marked[0] in data:
                    (_, is_committed, call), self._marked = self._marked, None
                    if not is_committed:
                        call()
                        return
                    at_commit = call
                if at_commit is not None and COMMIT in data:
                    lost.set()
                    at_commit()
                    writer.write(data)
                    await writer.drain()
                    await asyncio.sleep(ANSWER_S)
                    return
                is_cut = self._cuts > 0 and COMMIT in data
                if is_cut:
                    self._cuts -= 1
                    lost.set()
                if self._at_copy is not None and COPY in data:
                    data = await self._ask_for_copy(data, writer, self._at_copy)
                writer.write(data)
                await writer.drain()
                if is_cut:
                    await asyncio.sleep(ANSWER_S)
                    self.cut += 1
                    return
            await self._while_silent()  # that the other side hung up does not pass either

    async def _ask_for_copy(self, data: bytes, writer: asyncio.StreamWriter, call: Callable[[], None]) -> bytes:
        """Pass on what comes before the rows; what is left, when it may come."""
        self._at_copy = None
        begins = data.index(COPY) - HEAD_BYTES
        ends = begins + 1 + int.from_bytes(data[begins + 1 : begins + HEAD_BYTES], "big")
        writer.write(data[:ends])
        call()
        await self._copying.wait()
        await self._while_silent()
        return data[ends:]

    async def _to_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: asyncio.Event) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                await self._while_silent()
                if lost.is_set():
                    await asyncio.sleep(2 * ANSWER_S)
                    return
                writer.write(data)
                await writer.drain()
            await self._while_silent()

    async def _while_silent(self) -> None:
        if self._is_silent:
            await self._spoken.wait()
            raise ConnectionAbortedError("it was held back while nothing passed")
