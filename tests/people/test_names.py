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
        "客户服务", "青禾客戶服務", "商家", "平台", "平臺", "老板", "老 板", "老闆2", "平台通知", "平台方", "商家客服",
        "我是老板", "卖家本人",
        "LiveHub官", "livehub官方", "livehub 直播间", "kefu", "KeFu01", "客服kefu", "guanfang", "Guan Fang",
        "guanliyuan", "laoban",
        "Merchant", "sellers", "the seller", "Shop Owner",
        "🅰dmin", "🅐🅓🅜🅘🅝", "🇦🇩🇲🇮🇳", "ꓮꓓꓟꓲꓠ", "ᎪᎠMIN", "adm\u04cfn", "h\u0585st", "ⓐⓓⓜⓘⓝ", "ᵃᵈᵐⁱⁿ", "官⽅",
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
        "王老板",
        "小王 老板",
        "老板娘",
        "李商家宝",
        "平台阶上的猫",
        "官小满",
        "上官云",
        "方方",
        "号外",
        "服务员小李",
        "消息树",
        "本人很懒",
        "王小明",
        "欧阳娜娜",
        "青青子衿",
        "农夫山泉有点甜",
        "吃瓜群众",
        "豆豆妈妈",
        "老王",
        "阿芳",
        "隔壁老李",
        "爱吃草莓",
        "小店大不大",
        "Peter Sellers",
        "Stephen Merchant",
        "Olivia Li",
        "James Smith",
        "María José",
        "Zoë",
        "O'Brien",
        "Jean-Luc",
        "Shopify fan",
        "Storey",
        "Theodora",
        "Kefuhr",
        "Mei 🇨🇳",
        "🇺🇸 Sam",
        "Hosta",
        "Adminton",
        "Svetlana Светлана",
        "Алексей",
        "Ελένη",
        "さくら",
        "김민지",
        "محمد",
        "Seller of Dreams",
        "user_4821",
        "Team Rocket",
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


async def test_nobody_is_called_as_the_host_of_a_room_in_any_language_nor_with_words_of_the_shop_beside(
    served: Served,
) -> None:
    names = served.application.get(Names)
    await names.check("青禾农场")
    served.clock.now_s += 5
    host = {"name": "青禾农场", "names": {"zh": "青禾农场", "en": "Qinghe Farm"}}
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day", "host": host}, role=Role.ADMIN)
    for name in (
        "青禾农场", "青禾 农场", "Qinghe Farm", "QINGHE-FАRM", "Qinghe Farm!", "青禾农场官", "青禾农场本店",
        "我是青禾农场", "青禾农场老板",
        "the Qinghe Farm", "Qinghe Farm Team",
    ):  # fmt: skip
        with pytest.raises(NameReserved):
            await names.check(name)
    for name in ("青禾", "农场", "Qinghe", "爱青禾农场的人", "青禾农场的粉丝", "Qinghe Farmer", "Farm"):
        await names.check(name)


async def test_names_of_hosts_are_read_once_in_a_while_and_no_more_than_a_bounded_number(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livehub.people.names.HOSTS_MAX", 1)
    names = served.application.get(Names)
    for room, host in (("old", "Old Farm"), ("new", "New Farm")):
        await served.done("POST /api/rooms", {"id": room, "title": "Day", "host": {"name": host}}, role=Role.ADMIN)
    await served.database.execute("UPDATE rooms SET created_at = '2001-01-01' WHERE id = 'old'")
    served.clock.now_s += 5
    await names.check("Old Farm")
    with pytest.raises(NameReserved):
        await names.check("New Farm")
    await served.database.execute("DELETE FROM rooms")
    served.clock.now_s += 4
    with pytest.raises(NameReserved):
        await names.check("New Farm")
    served.clock.now_s += 1
    await names.check("New Farm")
