"""Money is always told, at once; the rest as people chose, and never in their quiet hours by what disturbs."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec import Struct

from livehub.base.notice_templates import LANGUAGES, NoticeKind, NoticeTemplate, NoticeWords
from livehub.notify.planning import ChannelTraits, Notice, Preferences, Quiet, plan, quiet_until_ms

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
APP, PHONE = ChannelTraits(name="app", disturbs=False), ChannelTraits(name="phone", disturbs=True)
NIGHT = Quiet(22 * 60, 8 * 60)


class Nothing(Struct, frozen=True, kw_only=True):
    pass


def notice(kind: NoticeKind, person: str = "mei") -> Notice[Nothing]:
    words = {language: NoticeWords(title="t", text="t") for language in LANGUAGES}
    template = NoticeTemplate(name=kind.value, kind=kind, fields=Nothing, words=words)
    return Notice(person=person, template=template, fields=Nothing(), key=f"{kind.value}:{person}")


def ms(text: str, zone: ZoneInfo) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def planned(kind: NoticeKind, preferences: Preferences, now_ms: int) -> list[tuple[str, int]]:
    deliveries = plan([notice(kind)], (APP, PHONE), {"mei": preferences}, now_ms=now_ms, zone=SHANGHAI)
    return [(each.channel, each.due_ms) for each in deliveries]


def test_who_chose_nothing_is_told_by_every_channel_at_once():
    deliveries = plan(
        [notice(NoticeKind.NEWS), notice(NoticeKind.ORDER, "li")], (APP, PHONE), {}, now_ms=5, zone=SHANGHAI
    )
    assert [(each.notice.person, each.channel, each.due_ms) for each in deliveries] == [
        ("mei", "app", 5), ("mei", "phone", 5), ("li", "app", 5), ("li", "phone", 5),
    ]  # fmt: skip


def test_what_is_muted_is_not_told_by_that_channel():
    muted = Preferences(muted=frozenset({(NoticeKind.NEWS, "phone")}))
    assert planned(NoticeKind.NEWS, muted, 5) == [("app", 5)]
    assert planned(NoticeKind.ORDER, muted, 5) == [("app", 5), ("phone", 5)]


def test_money_is_told_at_once_whatever_was_chosen():
    everything = frozenset((kind, channel) for kind in NoticeKind for channel in ("app", "phone"))
    night_ms = ms("2026-11-30T23:30", SHANGHAI)
    chosen = Preferences(muted=everything, quiet=NIGHT)
    assert planned(NoticeKind.MONEY, chosen, night_ms) == [("app", night_ms), ("phone", night_ms)]
    assert planned(NoticeKind.NEWS, chosen, night_ms) == []


def test_what_disturbs_waits_for_the_end_of_the_quiet_hours():
    night_ms, morning_ms = ms("2026-11-30T23:30", SHANGHAI), ms("2026-12-01T08:00", SHANGHAI)
    assert planned(NoticeKind.ORDER, Preferences(quiet=NIGHT), night_ms) == [("app", night_ms), ("phone", morning_ms)]


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        (NIGHT, "2026-11-30T21:59", "2026-11-30T21:59"),
        (NIGHT, "2026-11-30T22:00", "2026-12-01T08:00"),
        (NIGHT, "2026-12-01T00:00", "2026-12-01T08:00"),
        (NIGHT, "2026-12-01T07:59", "2026-12-01T08:00"),
        (NIGHT, "2026-12-01T08:00", "2026-12-01T08:00"),
        (Quiet(12 * 60, 14 * 60), "2026-12-01T13:00", "2026-12-01T14:00"),
        (Quiet(12 * 60, 14 * 60), "2026-12-01T14:00", "2026-12-01T14:00"),
        (Quiet(18 * 60, 0), "2026-12-31T20:00", "2027-01-01T00:00"),
        (Quiet(0, 0), "2026-12-01T13:00", "2026-12-01T13:00"),
        (Quiet(2 * 60, 5 * 60), "2027-03-28T03:30", "2027-03-28T05:00"),  # that night 2:00 is 3:00
        (NIGHT, "2026-10-24T23:00", "2026-10-25T08:00"),  # an hour longer
    ],
)
def test_quiet_hours_are_those_of_the_clocks_on_the_wall(quiet: Quiet, now: str, until: str):
    assert quiet_until_ms(quiet, ms(now, BERLIN), BERLIN) == ms(until, BERLIN)


def test_seconds_within_a_quiet_minute_are_quiet():
    now_ms = int(datetime(2026, 12, 1, 7, 59, 59, 999_000, tzinfo=UTC).timestamp() * 1000)
    assert quiet_until_ms(NIGHT, now_ms, ZoneInfo("UTC")) == now_ms + 1
