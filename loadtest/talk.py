"""Those who talk: signed-in viewers, in a process of their own, who send chat lines and likes at a steady rate.

Messages fall due on a fixed schedule that does not wait for the server, so a slow server is not spared; what fell due
while this process could not run is sent late, not left out. Lines go round among all who talk, so that nobody meets the
limit of one person; likes are batched as the viewer's page does it.
"""

import asyncio
import time

from msgspec import Struct

from loadtest.crowd import Crowd, Viewer

BEAT_S = 0.02


class Talk(Struct, frozen=True, kw_only=True):
    """How much. `like_batch`: likes in one message."""

    seconds: float
    chats_per_s: float = 0.0
    likes_per_s: float = 0.0
    like_batch: int = 5


class Said(Struct, frozen=True, kw_only=True):
    """How much it came to; `messages` that carried the likes. `unsaid`: those whose turn it was had no connection."""

    chats: int = 0
    likes: int = 0
    like_messages: int = 0
    unsaid: int = 0


async def talk(crowd: Crowd, plan: Talk) -> Said:
    """Say all of it."""
    started_s = time.monotonic()
    chats = like_messages = unsaid = 0
    while True:
        passed_s = min(time.monotonic() - started_s, plan.seconds)
        while chats < int(passed_s * plan.chats_per_s):
            unsaid += not _say(crowd, chats, crowd.dialect.chat(crowd.plan.room, time.time() * 1000))
            chats += 1
        while like_messages < int(passed_s * plan.likes_per_s / plan.like_batch):
            unsaid += not _say(crowd, like_messages, crowd.dialect.like(crowd.plan.room, plan.like_batch))
            like_messages += 1
        if passed_s >= plan.seconds:
            return Said(chats=chats, likes=like_messages * plan.like_batch, like_messages=like_messages, unsaid=unsaid)
        await asyncio.sleep(BEAT_S)


def _say(crowd: Crowd, turn: int, text: bytes) -> bool:
    viewer: Viewer = crowd.viewers[turn % len(crowd.viewers)]
    if viewer.socket is None:
        return False
    viewer.socket.say(text)
    return True
