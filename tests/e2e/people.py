"""People before a browser: what they see and do, by the words on the page. Each has a browser profile of their own.

    lin = await company.viewer("lin", screen=PHONE, language="zh-CN")
    await lin.enter(room)
    await lin.say("新鲜吗？")
    await expect(ada.line("新鲜吗？")).to_be_visible()

Nothing here knows how a page is made, but for a class name or two where a page has no words.
"""

import re
from dataclasses import dataclass, field

from playwright.async_api import BrowserContext, ConsoleMessage, Dialog, Locator, Page, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

from commerce.catalogue.schemas import Product
from livehub.room.models import in_language
from tests.e2e.site import Site
from tests.e2e.texts import Texts


@dataclass(frozen=True)
class Screen:
    """A kind of device."""

    width: int
    height: int
    touch: bool = False


# Players ask for what is not there yet, and for what is there no longer: when a camera leaves, a show ends, or a recording is
# deleted. They are told 404 and go on; the browser logs each. Whether the picture moves is what tests ask.
MEDIA_GONE = r"status of 404.*/(live|media)/"

# A poster that is asked for with the page is looked at once the room is there, which takes a busy machine some seconds.
UNUSED_YET = re.compile(r"was preloaded using link preload but not used within a few seconds")

PHONE = Screen(375, 812, touch=True)
DESK = Screen(1440, 900)
POINTED_AT_MS, POINTED_AT_MAX = 5_000, 10


@dataclass
class Complaints:
    """What a browser should never have to say: warnings, errors, violations of the policy, dialogs."""

    heard: list[str] = field(default_factory=list)
    expected: list[re.Pattern[str]] = field(default_factory=lambda: [UNUSED_YET])

    def listen(self, context: BrowserContext) -> None:
        """Hear everything that the pages of this profile say."""
        context.on("console", self._said)
        context.on("weberror", lambda thrown: self._hear(f"thrown: {thrown.error}"))
        context.on("dialog", self._asked)

    def expect(self, pattern: str) -> None:
        """From now on this is no complaint: the test brings it about."""
        self.expected.append(re.compile(pattern))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("warning", "error"):
            self._hear(f"{message.type}: {message.text} ({message.location['url']})")

    async def _asked(self, dialog: Dialog) -> None:
        self._hear(f"{dialog.type}: {dialog.message}")
        await dialog.dismiss()

    def _hear(self, said: str) -> None:
        if not any(pattern.search(said) for pattern in self.expected):
            self.heard.append(said)


class Guest:
    """Somebody with a browser."""

    def __init__(self, name: str, page: Page, site: Site, t: Texts, screen: Screen, complaints: Complaints) -> None:
        self.name = name
        self.page = page
        self.site = site
        self.t = t
        self.screen = screen
        self.complaints = complaints

    def button(self, key: str, ends: str = "", **values: object) -> Locator:
        """The button that says this."""
        return self.page.get_by_role("button", name=self.t.like(key, ends, **values))

    def dialog(self, key: str, **values: object) -> Locator:
        """The open sheet of this title."""
        return self.page.get_by_role("dialog", name=self.t.like(key, "", **values))

    def words(self, key: str, **values: object) -> Locator:
        """Anything that says this and nothing else."""
        return self.page.get_by_text(self.t.like(key, "", **values))

    def title_of(self, product: Product) -> str:
        """What it is called in the language of this page."""
        return in_language(product.titles, product.title, self.t.language[:2])

    async def close(self, sheet: Locator) -> None:
        """Put a sheet away."""
        await sheet.get_by_role("button", name=self.t("shared.action.close")).click()
        await expect(sheet).to_be_hidden()


class Viewer(Guest):
    """One who watches, signed in or not, on a phone or at a desk."""

    @property
    def at_desk(self) -> bool:
        return self.screen.width >= 1000

    async def enter(self, room: str) -> None:
        """Open the room's address; back when the room is there, and no preview of it."""
        await self.page.goto(f"{self.site.url}/r/{room}")
        await expect(self.heart).to_be_visible()
        await expect(self.page.locator("#app [aria-busy=true]")).to_have_count(0)

    async def come_back(self, room: str, query: str = "") -> None:
        """Open the address of a room whose show is over; back when something recorded is offered."""
        await self.page.goto(f"{self.site.url}/r/{room}{query}")
        await expect(self.replay).to_be_visible()

    @property
    def replay(self) -> Locator:
        """The stage of what was recorded."""
        return self.page.get_by_role("region", name=self.t("viewer.replay.label"))

    @property
    def id(self) -> str:
        """What the server knows a signed-in person by; see LocalServer.person."""
        return self.name.lower()

    # --- watching ---

    @property
    def heart(self) -> Locator:
        return self.button("viewer.like.label")

    async def likes(self) -> int:
        """The total that the heart shows."""
        label = await self.heart.get_attribute("aria-label")
        return int(re.sub(r"\D", "", label or ""))

    @property
    def viewers(self) -> Locator:
        """How many watch."""
        return self.page.get_by_role("paragraph").filter(has_text=self.t("viewer.rooms.watching"))

    @property
    def host_state(self) -> Locator:
        """Below the host's name: how the show stands."""
        return self.page.locator(".badge .state")

    # --- chat ---

    @property
    def chat_field(self) -> Locator:
        return self.page.get_by_role("textbox", name=self.t("viewer.chat.say"))

    @property
    def lines(self) -> Locator:
        return self.page.get_by_role("log").get_by_role("listitem")

    def line(self, text: str) -> Locator:
        """The chat line of this text."""
        return self.lines.filter(has=self.page.get_by_text(text, exact=True))

    async def say(self, text: str) -> None:
        """Write a line and send it."""
        await self.chat_field.fill(text)
        await self.button("viewer.chat.send").click()

    # --- what opens ---

    async def open_bag(self) -> Locator:
        """The bag; at a desk it stands open."""
        if self.at_desk:
            return self.page.get_by_role("complementary", name=self.t.like("viewer.bag.title"))
        await self.button("viewer.bag.title").click()
        return self.dialog("viewer.bag.title")

    @property
    def quiz(self) -> Locator:
        """The sheet of the quiz, whether there is a prize or not."""
        titles = (self.t(f"viewer.quiz.{key}") for key in ("title", "titlePrize"))
        return self.page.get_by_role("dialog", name=re.compile(f"^({'|'.join(map(re.escape, titles))})$"))

    async def open_result(self) -> Locator:
        """How the last quiz came out."""
        await self.page.get_by_role("button").filter(has_text=self.t("viewer.quiz.chipResult")).click()
        return self.quiz

    async def open_coupons(self) -> Locator:
        """The list of coupons."""
        await self._open("viewer.coupon.mine")
        return self.dialog("viewer.coupon.title")

    async def open_inbox(self) -> Locator:
        """The messages to this person."""
        await self._open("viewer.inbox.title")
        return self.dialog("viewer.inbox.title")

    async def _open(self, key: str) -> None:
        """What has a button in the head of the page at a desk, and a row in the menu on a phone."""
        if self.at_desk:
            await self.page.get_by_role("navigation").get_by_role("button", name=self.t(key)).click()
            return
        await self.button("viewer.menu.title").click()
        await self.dialog("viewer.menu.title").get_by_role("button").filter(has_text=self.t(key)).click()

    async def open_questions(self) -> Locator:
        """The questions to the host."""
        if self.at_desk:
            await self.page.get_by_role("tab", name=self.t("viewer.question.tab")).click()
            return self.page.get_by_role("tabpanel", name=self.t("viewer.question.tab"))
        await self.button("viewer.question.title").click()
        return self.dialog("viewer.question.title")

    async def ask(self, text: str) -> None:
        """Ask the host, once the questions are open."""
        await self.page.get_by_label(self.t("viewer.question.ask"), exact=True).fill(text)
        await self.button("viewer.question.ask").click()
        await expect(self.words("viewer.question.sent")).to_be_visible()


class Host(Guest):
    """One who runs the show from the studio."""

    async def enter(self, room: str) -> None:
        """Open the room's desk."""
        await self.page.goto(self.site.link(f"/studio/{room}", self.site.host))
        await expect(self.page.get_by_role("navigation", name=self.t("studio.tabs"))).to_be_visible()

    async def go(self, tab: str) -> None:
        """Turn to a part of the studio."""
        tabs = self.page.get_by_role("navigation", name=self.t("studio.tabs"))
        await tabs.get_by_role("button", name=self.t(f"studio.tab.{tab}")).click()

    @property
    def lines(self) -> Locator:
        return self.page.get_by_role("log").get_by_role("listitem")

    def line(self, text: str) -> Locator:
        """The chat line of this text."""
        return self.lines.filter(has=self.page.get_by_text(text, exact=True))

    async def confirm(self, action: str) -> None:
        """Press the deed in the question before it."""
        await self.page.get_by_role("dialog").get_by_role("button", name=self.t(action), exact=True).click()


class Ops(Guest):
    """One who looks after the room from the console."""

    async def enter(self, room: str) -> None:
        """Open the room's console."""
        await self.page.goto(self.site.link(f"/ops?room={room}", self.site.ops))
        await expect(self.page.get_by_role("tab", name=self.t("ops.tab.products"))).to_be_visible()

    async def go(self, tab: str) -> Locator:
        """Turn to a part of the work; the panel of it."""
        await self.page.get_by_role("tab", name=re.compile(f"^{self.t(f'ops.tab.{tab}')}")).click()
        return self.page.get_by_role("tabpanel", name=re.compile(f"^{self.t(f'ops.tab.{tab}')}"))

    def line(self, text: str) -> Locator:
        """The chat line of this text."""
        return self.page.get_by_role("log").get_by_role("listitem").filter(has_text=text)

    async def press(self, line: str, key: str) -> None:
        """Press a button of a chat line; they are there for who points at it, and a line may move on from under the pointer."""
        button = self.line(line).get_by_role("button", name=self.t(key))
        for attempt in range(POINTED_AT_MAX):
            await self.line(line).hover()
            try:
                await button.click(timeout=POINTED_AT_MS)
            except PlaywrightTimeout:
                if attempt == POINTED_AT_MAX - 1:
                    raise
            else:
                return

    async def point_away(self) -> None:
        """Take the pointer off whatever it rests on."""
        await self.page.mouse.move(1, 1)

    async def confirm(self, action: str) -> None:
        """Press the deed in the question before it."""
        question = self.page.get_by_role("dialog").get_by_role("button", name=self.t(action), exact=True)
        await question.click()
        await expect(question).to_be_hidden()

    async def choose(self, field: Locator, option: str) -> None:
        """Pick an option of a select."""
        await field.click(force=True)  # the chosen option's text lies over it and takes the click
        await self.page.get_by_role("option", name=option, exact=True).click()

    async def slow_mode(self, seconds: int) -> None:
        """Let people chat once in so many seconds."""
        word = self.t("staff.chat.seconds", n=seconds) if seconds else self.t("staff.chat.slowOff")
        field = self.page.get_by_role("combobox", name=self.t("staff.chat.slowMode"))
        await self.choose(field, word)
        await expect(self.page.locator("label").filter(has=field)).to_contain_text(word)
