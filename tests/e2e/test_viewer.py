"""What viewers may rely on: no quiz is missed, no question lost, a line goes once, and the list tells what is on when."""

import asyncio
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from livehub.commands import demo_farm
from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE
from tests.e2e.site import Site

CHOICE = {"kind": "choice", "question": "哪个甜？ Which is sweet?", "options": ["蓝莓", "柠檬"], "correct_choice": 0}
NUMBER = {"kind": "number", "question": "糖度？ How sweet?", "correct_value": 14.2, "min_value": 8, "max_value": 20}


async def test_a_quiz_shows_in_the_head_of_an_open_bag(site: Site, room: str, company: Company):
    lin = await company.viewer("lin", PHONE, "zh-CN")
    await lin.enter(room)
    bag = await lin.open_bag()
    quiz = await site.do("POST", f"/api/rooms/{room}/quizzes", {**CHOICE, "duration_s": 120})
    chip = bag.get_by_role("button", name=lin.t("viewer.quiz.go"))
    await expect(chip).to_contain_text("1:")
    await expect(bag).to_be_visible()

    await chip.click()
    await expect(lin.quiz).to_have_accessible_name("竞猜")  # there is no prize
    await expect(bag).to_be_hidden()
    await lin.quiz.get_by_role("button").filter(has_text="蓝莓").click()
    await expect(lin.quiz).to_contain_text(lin.t("viewer.quiz.sent"))
    await site.do("POST", f"/api/rooms/{room}/quizzes/{quiz['quiz']['id']}/close", {})
    won = lin.page.get_by_role("dialog", name="答对了！第 1 名")
    await expect(won).to_be_visible()
    for word in ("奖", "恭喜"):
        await expect(won).not_to_contain_text(word)
    await won.get_by_role("button", name=lin.t("viewer.quiz.great")).click()
    await expect(lin.page.get_by_role("dialog")).to_have_count(0)  # one press for one win
    await lin.open_result()
    await expect(lin.quiz).not_to_contain_text("奖")
    await expect(lin.quiz).to_contain_text("上榜名单 · 1 人")


async def test_a_question_half_typed_is_not_taken_away_by_a_quiz(site: Site, room: str, company: Company):
    lin = await company.viewer("lin", PHONE, "en")
    await lin.enter(room)
    questions = await lin.open_questions()
    field = lin.page.get_by_label(lin.t("viewer.question.ask"), exact=True)
    await field.press_sequentially("Is it ")
    await site.do("POST", f"/api/rooms/{room}/quizzes", {**CHOICE, "duration_s": 120})
    await expect(questions.get_by_role("button", name=lin.t("viewer.quiz.go"))).to_be_visible()
    await expect(field).to_be_focused()
    await field.press_sequentially("sweet?")
    await expect(field).to_have_value("Is it sweet?")


async def test_a_win_is_closed_before_the_next_quiz_and_leads_to_it(site: Site, room: str, company: Company):
    lin = await company.viewer("lin", PHONE, "en")
    await lin.enter(room)
    quiz = await site.do("POST", f"/api/rooms/{room}/quizzes", {**CHOICE, "duration_s": 120})
    await lin.quiz.get_by_role("button").filter(has_text="蓝莓").click()
    await expect(lin.quiz).to_contain_text(lin.t("viewer.quiz.sent"))
    await site.do("POST", f"/api/rooms/{room}/quizzes/{quiz['quiz']['id']}/close", {})
    won = lin.page.get_by_role("dialog", name="Correct! You were first")
    await expect(won).to_be_visible()

    await site.do("POST", f"/api/rooms/{room}/quizzes", {**NUMBER, "duration_s": 120})
    await expect(won.get_by_role("button", name=lin.t("viewer.quiz.go"))).to_be_visible()
    await lin.page.keyboard.press("Escape")  # what lies on top
    await expect(won).to_be_hidden()
    await expect(lin.quiz).to_contain_text("How sweet?")


async def test_a_quiz_that_nobody_answered_shows_its_range(site: Site, room: str, company: Company):
    lin = await company.viewer("lin", PHONE, "en")
    await lin.enter(room)
    quiz = await site.do("POST", f"/api/rooms/{room}/quizzes", {**NUMBER, "duration_s": 120})
    await expect(lin.quiz).to_be_visible()
    await lin.close(lin.quiz)
    await site.do("POST", f"/api/rooms/{room}/quizzes/{quiz['quiz']['id']}/close", {})
    await lin.open_result()
    await expect(lin.quiz.locator(".axis .end")).to_have_text(["8", "20"])
    await expect(lin.quiz).to_contain_text("Nobody answered")


async def test_a_question_waits_in_sight_until_the_host_has_dealt_with_it(site: Site, room: str, company: Company):
    lin = await company.viewer("lin", PHONE, "zh-CN")
    await lin.enter(room)
    questions = await lin.open_questions()
    await lin.ask("几号发货？")
    await lin.ask("打药吗？")
    first = questions.get_by_role("listitem").filter(has_text="几号发货？")
    second = questions.get_by_role("listitem").filter(has_text="打药吗？")
    for question in (first, second):
        await expect(question).to_contain_text("等主播回答")

    asked = await site.do("GET", f"/api/rooms/{room}/questions")
    ids = {question["text"]: question["id"] for question in asked["questions"]}
    base = f"/api/rooms/{room}/questions"
    await site.do("POST", f"{base}/{ids['几号发货？']}/dismiss", {})
    await site.do("POST", f"{base}/{ids['打药吗？']}/answer", {"answer": "不打"})
    await expect(second).to_contain_text("不打")
    await expect(first).to_contain_text("这次主播没来得及回答")  # asked for after the answer to the other one
    await expect(questions.get_by_role("listitem")).to_have_count(2)

    await lin.enter(room)  # anew
    questions = await lin.open_questions()
    await expect(questions.get_by_role("listitem")).to_have_count(2)
    await expect(second).to_contain_text("不打")


@pytest.mark.parametrize(
    ("piece", "kept"),
    [("🫐", 200), ("\U0001f469\u200d\U0001f33e", 66), ("ê\u0301", 200), ("蓝", 200)],
    ids=["emoji", "family", "vietnamese", "chinese"],
)
async def test_a_line_holds_as_much_as_the_server_takes_and_no_emoji_is_cut(
    room: str, company: Company, piece: str, kept: int
):
    lin = await company.viewer("lin", DESK, "en")
    await lin.enter(room)
    await lin.chat_field.fill(piece * 201)
    await expect(lin.chat_field).to_have_value(piece * kept)
    await lin.chat_field.press("Enter")
    await expect(lin.chat_field).to_have_value("")  # it was taken
    await expect(lin.lines.last).to_contain_text(unicodedata.normalize("NFC", piece * kept))
    # In the middle of a full line there is no room for more, and its end stays.
    await lin.chat_field.fill("a" * 199 + "z")
    await lin.chat_field.press("Home")
    await lin.page.keyboard.type("b")
    await expect(lin.chat_field).to_have_value("a" * 199 + "z")


async def test_a_question_may_be_as_long_as_the_server_says(room: str, company: Company):
    lin = await company.viewer("lin", PHONE, "zh-CN")
    await lin.enter(room)
    questions = await lin.open_questions()
    await lin.page.get_by_label(lin.t("viewer.question.ask"), exact=True).fill("几" * 400)
    await expect(lin.page.get_by_label(lin.t("viewer.question.ask"), exact=True)).to_have_value("几" * 300)
    await lin.button("viewer.question.ask").click()
    await expect(questions.get_by_role("listitem").filter(has_text="几" * 300)).to_be_visible()


async def test_a_line_pressed_while_away_is_sent_once_when_back(room: str, company: Company):
    lin, ada = await company.viewer("lin", PHONE, "en"), await company.viewer("ada", DESK, "en")
    lin.complaints.expect(r"ERR_INTERNET_DISCONNECTED")
    await asyncio.gather(lin.enter(room), ada.enter(room))
    field = lin.page.get_by_role("textbox", name=lin.t("viewer.chat.say"))
    await field.fill("还有吗")
    await lin.page.context.set_offline(True)
    await expect(lin.words("viewer.room.reconnecting")).to_be_visible()
    for _ in range(3):
        await field.press("Enter")
    await expect(lin.words("viewer.chat.away")).to_be_visible()
    await expect(field).to_have_value("还有吗")
    await expect(lin.words("viewer.chat.unsent")).to_be_visible()  # for so long it was waited
    await expect(field).to_have_value("还有吗")

    await lin.page.context.set_offline(False)
    await expect(lin.words("viewer.room.reconnecting")).to_be_hidden()
    await field.press("Enter")
    await expect(ada.line("还有吗")).to_have_count(1)
    await expect(field).to_have_value("")
    await lin.say("谢谢")
    await expect(ada.line("谢谢")).to_be_visible()
    await expect(ada.line("还有吗")).to_have_count(1)


async def test_the_list_tells_when_a_show_starts_and_looks_different_for_each(site: Site, company: Company):
    lin = await company.guest("lin", PHONE, "zh-CN", timezone_id="Asia/Shanghai")
    host = {"name": demo_farm.FARM["zh"], "avatar": None}
    now = datetime.now(UTC)
    soon = {"title": "马上开始", "host": host, "starts_at": (now + timedelta(minutes=10)).isoformat()}
    later = {"title": "过几天", "host": host, "starts_at": (now + timedelta(days=5)).isoformat()}
    for body in (soon, later, {"title": "没有时间", "host": host}):
        await site.do("POST", "/api/rooms", body)
    await lin.page.goto(site.url)
    card = lin.page.get_by_role("link")
    await expect(card.filter(has_text="马上开始")).to_contain_text("即将开播")
    shanghai = (now + timedelta(days=5, hours=8)).strftime("%H:%M")
    await expect(card.filter(has_text="过几天")).to_contain_text(shanghai)
    await expect(card.filter(has_text="过几天")).not_to_contain_text("即将开播")
    await expect(card.filter(has_text="没有时间")).to_contain_text("预告")

    await card.filter(has_text="没有时间").click()
    await expect(lin.page.get_by_text("开播时间待定", exact=True)).to_be_visible()  # the bag is empty: no word of it
    await expect(lin.page.get_by_role("heading", level=1, name="没有时间")).to_be_visible()


async def test_products_keep_their_numbers_when_another_leaves(site: Site, room: str, company: Company):
    lin = await company.viewer("lin", PHONE, "zh-CN")
    await lin.enter(room)
    bag = await lin.open_bag()
    numbers = bag.get_by_role("article").locator(".number .figure")
    count = len(demo_farm.IN_THE_BAG)
    await expect(numbers).to_have_text([str(no) for no in range(count, 0, -1)])
    await site.do("DELETE", f"/api/rooms/{room}/bag/{demo_farm.IN_THE_BAG[0]}", None)
    await expect(numbers).to_have_text([str(no) for no in range(count, 1, -1)])
