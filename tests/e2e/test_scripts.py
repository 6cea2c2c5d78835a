"""People write in any script and with any digits: each line reads in its own direction, each number is what was meant."""

from playwright.async_api import Locator, expect

from tests.e2e.conftest import Company
from tests.e2e.people import PHONE
from tests.e2e.site import Site

HEBREW, PERSIAN, ENGLISH = "שלום עולם!", "می\u200cروم خانه!", "Hello there!"
# Where the text's first and last character stand, from the left.
ENDS = """(element, text) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const at = walker.currentNode.data.indexOf(text);
        if (at < 0) continue;
        const left = (index) => {
            const range = document.createRange();
            range.setStart(walker.currentNode, at + index);
            range.setEnd(walker.currentNode, at + index + 1);
            return range.getBoundingClientRect().left;
        };
        return [left(0), left(text.length - 1)];
    }
    return null;
}"""


async def ends(line: Locator, text: str) -> tuple[float, float]:
    first, last = await line.evaluate(ENDS, text)
    return first, last


async def test_the_end_of_a_line_is_where_its_script_ends(site: Site, room: str, company: Company):
    ada, host = await company.viewer("ada", PHONE, "zh-CN"), await company.host()
    ops = await company.ops()
    await ada.enter(room)
    await host.enter(room)
    await host.go("chat")
    await ops.enter(room)
    for text in (HEBREW, PERSIAN, ENGLISH):
        await ada.say(text)
        lines = [ada.line(text), host.line(text), ops.page.get_by_text(text).first]
        for line in lines:
            await expect(line).to_be_visible()
            first, last = await ends(line, text)
            assert (last < first) is (text is not ENGLISH), text
    await site.do("PATCH", f"/api/rooms/{room}", {"notice": HEBREW})
    notice = ops.page.locator(".notice").filter(has_text=HEBREW)
    await expect(notice).to_be_visible()
    first, last = await ends(notice, HEBREW)
    assert last < first


async def test_a_number_may_be_typed_in_full_width_digits_and_what_is_none_is_not_sent(
    site: Site, room: str, company: Company
):
    ada = await company.viewer("ada", PHONE, "zh-CN")
    await ada.enter(room)
    quiz = {"kind": "number", "question": "几度？", "correct_value": 12.5, "step": 0.5, "min_value": 0, "max_value": 30}
    opened = await site.do("POST", f"/api/rooms/{room}/quizzes", {**quiz, "duration_s": 300})
    sheet = ada.dialog("viewer.quiz.title")
    field, send = sheet.get_by_role("spinbutton"), sheet.get_by_role("button", name=ada.t("viewer.quiz.submit"))
    for typed, fault in (
        ("十二", ada.t("viewer.quiz.notANumber")),
        ("1,2345", ada.t("viewer.quiz.notANumber")),
        ("99", ada.t("viewer.quiz.outOfRange", min=0, max=30)),
        ("1.2345678", ada.t("viewer.quiz.decimals", n=6)),
    ):
        await field.fill(typed)
        await expect(sheet.get_by_role("alert")).to_have_text(fault)
        await expect(send).to_be_disabled()
        await expect(field).to_have_value(typed)
    await field.fill("１２，５")
    await expect(sheet.get_by_role("alert")).to_be_hidden()
    await send.click()
    await expect(sheet).to_contain_text(ada.t("viewer.quiz.sent"))
    result = await site.do("POST", f"/api/rooms/{room}/quizzes/{opened['quiz']['id']}/close", {})
    assert [winner["value"] for winner in result["result"]["winners"]] == [12.5]
