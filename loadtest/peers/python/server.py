"""A chat room on stock python-socketio, written as its documentation has it: a peer that livehub is compared with.

    python server.py PORT REDIS_URL broadcast|count

aiohttp, AsyncRedisManager, rooms, an emit to the room for each chat line and each like; with "count" they are only counted and
acknowledged. uvloop, so that it is fair. What comes is sent on as it is, with who said it. Imports nothing of ours.
"""

import itertools
import sys
from typing import Any

import socketio
import uvloop
from aiohttp import web


def application(redis_url: str, *, broadcast: bool) -> web.Application:
    """The server. With `broadcast` lines and likes go to the room."""
    server = socketio.AsyncServer(async_mode="aiohttp", client_manager=socketio.AsyncRedisManager(redis_url))
    ids = itertools.count(1)
    likes = itertools.count(1)

    @server.event  # type: ignore[untyped-decorator]
    async def join(sid: str, data: dict[str, Any]) -> dict[str, Any]:
        await server.enter_room(sid, data["room"])
        return {"ok": True}

    @server.event  # type: ignore[untyped-decorator]
    async def chat(sid: str, data: dict[str, Any]) -> dict[str, Any]:
        line = {
            "id": f"{next(ids):012d}",
            "user": sid,
            "name": "Viewer",
            "role": "viewer",
            "text": data["text"],
            "ts": data["ts"],
        }
        if broadcast:
            await server.emit("chat", line, room=data["room"])
        return {"ok": True, "id": line["id"]}

    @server.event  # type: ignore[untyped-decorator]
    async def like(sid: str, data: dict[str, Any]) -> dict[str, Any]:
        total = next(likes)
        if broadcast:
            await server.emit("like", {"user": sid, "n": data["n"], "likes": total}, room=data["room"])
        return {"ok": True}

    app = web.Application()
    server.attach(app)
    return app


def main() -> None:
    """Serve until told to stop."""
    port, redis_url, mode = sys.argv[1:]
    web.run_app(
        application(redis_url, broadcast=mode == "broadcast"),
        host="127.0.0.1",
        port=int(port),
        access_log=None,
        print=None,
        backlog=4096,
        loop=uvloop.new_event_loop(),
    )


if __name__ == "__main__":
    main()
