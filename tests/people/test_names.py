"""Nobody calls themselves what makes others take them for staff, in whatever letters; and everybody else what they like."""

import time

import pytest

from livehub.base.auth import Role
from livehub.base.errors import LivehubError
from livehub.people.names import READ_CHARS_MAX, RESERVED, NameReserved, Names, ReservedWords, skeleton
from livehub.room.errors import BannedWord
from tests.base.served import Served

WORDS = ReservedWords(RESERVED.split(","))


@pytest.mark.parametrize(
    "name",
    [
        "客服", "客 服", "青禾客服小王", "官.方", "主\u200d播", "管理員", "運營",
        "admin", "ADMIN", "ａｄｍｉｎ", "𝐚𝐝𝐦𝐢𝐧", "\u0430dmin", "\u0391DMIN", "adm1n", "áđmin", "ad\u200bmin",
        "a d m i n", "a-d-m-i-n",
        "Admin 2", "admin_007", "1admin", "Livehub Admin", "LivehubSupport", "1ivehub", "ℓivehub",
        "0fficial", "st@ff", "h0st", "Customer Service",
        "admin!", "Support!!", "!admin", "@dm!n!", "$taff", "$taff!", "admin! shop", "admins", "Moderators", "livehubteam",
        "the admin", "TheAdmin", "ᴀᴅᴍɪɴ", "4dmin", "adrnin", "Care Team", "careteam2", "customer care", "ops", "OPS!",
        "Shop Ops",
        "店主", "青禾店长", "店長", "售后小王", "掌 柜", "客!服",
    ],
)  # fmt: skip
def test_what_looks_like_a_word_of_the_staffs_is_one(name: str) -> None:
    assert WORDS.has_one_in(name)


@pytest.mark.parametrize(
    "name",
    [
        "badminton fan",
        "Ann",
        "安安",
        "小满 Xiaoman",
        "hostess",
        "Stafford",
        "Hostetler",
        "Team",
        "The Team",
        "Take care!",
        "Cyclops",
        "Anna!",
        "!!!",
        "$$",
        "小店",
        "supporter",
        "Ghost",
        "user110",
        "Mei Li",
        "🍓",
        "123",
        "",
        "系统",
    ],
)
def test_a_name_that_only_has_such_letters_in_it_is_nobody_elses(name: str) -> None:
    assert not WORDS.has_one_in(name)


def test_two_names_that_look_alike_have_one_skeleton() -> None:
    assert skeleton("青禾农场 Qinghe Farm") == skeleton("青禾农场QINGHE-FАRM")
    assert skeleton("Ann") != skeleton("Anna")


def test_the_longest_name_takes_no_time() -> None:
    names = ("a\u0301" * 1_000_000, "admin" * 200_000, "\ufdfa" * 100_000)
    started_s = time.perf_counter()
    for name in names:
        WORDS.has_one_in(name)
    assert time.perf_counter() - started_s < 1.0
    assert len(skeleton("b" * 1_000_000)) == READ_CHARS_MAX


async def test_a_name_is_refused_for_the_word_lists_and_for_whoever_of_the_staff_has_it(served: Served) -> None:
    names = served.application.get(Names)
    await served.done("PUT /api/moderation/words", {"block": ["spam"], "hold": ["wechat"]}, role=Role.OPS)
    await served.database.execute(
        "INSERT INTO people (id, name, role, created_ts, seen_ts) VALUES "
        "('li', '李农友 Farmer Li', 'host', 1, 1), ('mei', 'Mei', 'viewer', 1, 1)"
    )
    refusals: dict[str, type[LivehubError]] = {
        "spam seller": BannedWord, "官方": NameReserved, "李农友 FАRMER LI": NameReserved,
    }  # fmt: skip
    for name, refusal in refusals.items():
        with pytest.raises(refusal):
            await names.check(name)
    await served.database.execute(
        "INSERT INTO people (id, name, role, created_ts, seen_ts) VALUES ('alma', 'Alma', 'care', 1, 1), "
        "('sign', '!!!', 'host', 1, 1)"
    )
    for name in ("Alma!", "A1ma", "!Alma!", "@lma", "ALMA $"):
        with pytest.raises(NameReserved):
            await names.check(name)
    for name in ("Mei", "wechat me", "Farmer Li Na", "Almas", "???", "Almai"):
        await names.check(name)
    await names.check("李农友 Farmer Li", person="li")


async def test_who_signs_in_by_a_name_of_the_staffs_is_refused(served: Served) -> None:
    answer = await served.call("POST /api/session", {"name": "客服"}, role=None)
    assert (answer.status, answer.body["code"], answer.body["name"]) == (422, 1120, "name_reserved")
    assert (await served.call("POST /api/session", {"name": "小满"}, role=None)).status == 200
