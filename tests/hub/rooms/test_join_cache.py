"""All who join at once get the same object; who comes later gets the time of then."""

from msgspec import Raw

from livehub.hub.rooms.join_cache import FRESH_MS, JoinCache
from livehub.room.models import Snapshot
from livehub.room.wire import Joined, Position

HERE = Position(epoch="e", offset=3)


def joined(cache: JoinCache, now_s: float, *, ticks: int = 0, position: Position = HERE) -> Joined:
    def snapshot() -> Snapshot:
        return Snapshot(view=Raw(b"{}"), likes=0, viewers=1, chats=(), ts=int(now_s * 1000))

    return cache.answer(position, ticks, None, snapshot, now_s=now_s)


def test_who_joins_at_the_same_moment_gets_the_same_answer() -> None:
    cache = JoinCache()
    assert joined(cache, 5.0) is joined(cache, 5.0 + (FRESH_MS - 1) / 1000)


def test_in_an_idle_room_the_time_goes_on() -> None:
    cache = JoinCache()
    assert joined(cache, 5.0).room.ts == 5_000
    assert joined(cache, 65.0).room.ts == 65_000


def test_a_tick_or_a_message_makes_another_answer() -> None:
    cache = JoinCache()
    first = joined(cache, 5.0)
    assert joined(cache, 5.0, ticks=1) is not first
    assert joined(cache, 5.0, position=Position(epoch="e", offset=4)).offset == 4
