"""Who is told what by which channel, and when. Pure: no I/O, no clock.

What is about somebody's money goes by every channel at once, whatever they chose. The rest goes by the channels that they
have not turned off for its kind; one that disturbs (a phone that rings) waits for the end of their quiet hours.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, Generic, TypeVar

from msgspec import Struct

from livehub.base.notice_templates import NoticeKind, NoticeTemplate

F = TypeVar("F", bound=Struct)

DAY_MINUTES = 24 * 60


class Notice(Struct, Generic[F], frozen=True, kw_only=True):
    """One person is told one thing. `key`: told once for ever, whoever asks again (`order-paid:{order}`); it names nobody."""

    person: str
    template: NoticeTemplate[F]
    fields: F
    key: str


class Quiet(Struct, frozen=True):
    """Hours of each day, in minutes after midnight; over midnight when they end before they begin. The same: none."""

    from_minute: int
    until_minute: int


class Preferences(Struct, frozen=True, kw_only=True):
    """What somebody chose: what they want to hear nothing of, by (kind, channel), and when not to be disturbed."""

    muted: frozenset[tuple[NoticeKind, str]] = frozenset()
    quiet: Quiet | None = None


class ChannelTraits(Struct, frozen=True, kw_only=True):
    """What the plan knows of a channel."""

    name: str
    disturbs: bool


class Delivery(Struct, frozen=True, kw_only=True):
    """One notice by one channel, not before `due_ms` (Unix ms)."""

    notice: Notice[Any]
    channel: str
    due_ms: int


NOTHING_CHOSEN = Preferences()


def plan(
    notices: Iterable[Notice[Any]],
    channels: Sequence[ChannelTraits],
    chosen: Mapping[str, Preferences],
    *,
    now_ms: int,
    zone: tzinfo,
) -> list[Delivery]:
    """The deliveries, in the order of the notices. `chosen`: by person. `zone`: in which days begin."""
    planned = []
    for notice in notices:
        kind, preferences = notice.template.kind, chosen.get(notice.person, NOTHING_CHOSEN)
        for channel in channels:
            due_ms = now_ms
            if kind is not NoticeKind.MONEY:
                if (kind, channel.name) in preferences.muted:
                    continue
                if channel.disturbs and preferences.quiet is not None:
                    due_ms = quiet_until_ms(preferences.quiet, now_ms, zone)
            planned.append(Delivery(notice=notice, channel=channel.name, due_ms=due_ms))
    return planned


def quiet_until_ms(quiet: Quiet, now_ms: int, zone: tzinfo) -> int:
    """When somebody may be disturbed: now, or at the end of the quiet hours that it is in, by the clocks of that zone."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
    minute = now.hour * 60 + now.minute
    since_beginning = (minute - quiet.from_minute) % DAY_MINUTES
    if since_beginning >= (quiet.until_minute - quiet.from_minute) % DAY_MINUTES:
        return now_ms
    day = now.date() + timedelta(days=1 if minute >= quiet.until_minute else 0)
    end = datetime.combine(day, time(quiet.until_minute // 60, quiet.until_minute % 60), tzinfo=zone)
    return int(end.timestamp() * 1000)
