"""Staff come in, in a real browser: at a provider that others wrote, by a passkey, by an invitation; and a room's host invites
others. Passkeys are of names, so their pages are opened at `localhost`; the key itself is Chromium's virtual one.
"""

import re
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from livehub.base.auth import Role
from livehub.embedded.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider
from livehub.people import persons
from livehub.people.signin.invitations import invitation
from tests.conftest import new_folder
from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE, Guest, Host, Ops, Viewer
from tests.e2e.site import Site
from tests.e2e.test_passkeys import AUTHENTICATOR
from tests.e2e.texts import LANGUAGES
from tests.integration.server import SECRET
from tests.people.wechat_double import OFFICIAL, OFFICIAL_SECRET, WechatDouble, wechat_double

MAI = {"sub": "mai", "name": "Mai", "roles": ["ops"]}
BO = {"sub": "bo", "name": "Bo"}  # whom the provider gives no role
AUTHORIZE = "https://wechat.test/authorize"
WECHAT_AGENT = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0.49"
)
# A browser tells of each refusal; the provider's page asks for looks from elsewhere, and has no icon.
REFUSED = r"status of (400|401|403|404|409|410|422|503)|cdn\.jsdelivr\.net"
HALF_HOUR_MS = 31 * 60_000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def wechat() -> AsyncIterator[WechatDouble]:
    async with wechat_double() as double:
        yield double


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def staffed(site: Site, wechat: WechatDouble) -> AsyncIterator[Site]:
    """The server with a provider, and inside WeChat with WeChat."""
    with new_folder() as folder:
        provider = OidcProvider(folder, [MAI, BO])
        await site.stop()
        await site.start(
            LIVEHUB_OIDC_ISSUER=provider.issuer,
            LIVEHUB_OIDC_CLIENT_ID=CLIENT_ID,
            LIVEHUB_OIDC_CLIENT_SECRET=CLIENT_SECRET,
            LIVEHUB_OIDC_ROLES="ops=ops",
            LIVEHUB_OIDC_AUTH_TIME="assumed",
            LIVEHUB_WECHAT_OFFICIAL_APP_ID=OFFICIAL,
            LIVEHUB_WECHAT_OFFICIAL_SECRET=OFFICIAL_SECRET,
            LIVEHUB_WECHAT_URL=wechat.url,
            LIVEHUB_WECHAT_AUTHORIZE_URL=AUTHORIZE,
        )
        yield site
        provider.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def database(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


def by_name(site: Site) -> str:
    """Its address for browsers that are to have passkeys."""
    return site.url.replace("127.0.0.1", "localhost")


async def with_authenticator(page: Page) -> None:
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})


def provider_link(guest: Guest) -> Any:
    return guest.page.get_by_role("link", name=guest.t("staff.signIn.oidc"))


async def choose_at_provider(page: Page, who: str) -> None:
    await page.get_by_role("button", name=who, exact=True).click()


def rooms(ops: Guest) -> Any:
    return ops.page.get_by_role("navigation", name=ops.t("ops.rooms"))


async def sign_in_at_provider(ops: Ops, address: str) -> None:
    ops.complaints.expect(REFUSED)
    await ops.page.goto(address)
    await provider_link(ops).click()
    await choose_at_provider(ops.page, "mai")
    await expect(rooms(ops)).to_be_visible()


async def invite(site: Site, database: Any, name: str, role: Role) -> str:
    """The code that `python -m livehub person` prints for somebody new."""
    now_ms = int(time.time() * 1_000)
    account = await persons.create(database, name=name, now_ms=now_ms, role=role)
    return invitation(SECRET, account.id, now_ms=now_ms)


async def test_staff_sign_in_at_the_provider_and_come_back_to_the_page(staffed: Site, company: Company):
    room = await staffed.show()
    ops = await company.ops()
    ops.complaints.expect(REFUSED)
    await ops.page.goto(f"{staffed.url}/ops/rooms/{room}")
    trouble = ops.page.get_by_role("alert")

    await provider_link(ops).click()
    await choose_at_provider(ops.page, "bo")
    await expect(trouble).to_contain_text(ops.t("shared.refusal.1172"))
    assert ops.page.url == f"{staffed.url}/ops/rooms/{room}"

    await provider_link(ops).click()
    await choose_at_provider(ops.page, "mai")
    await expect(ops.page.get_by_role("tab", name=ops.t("ops.tab.products"))).to_be_visible()
    assert ops.page.url == f"{staffed.url}/ops/rooms/{room}"
    await expect(rooms(ops)).to_contain_text("Mai")
    await ops.button("staff.signOut").click()
    await expect(provider_link(ops)).to_be_visible()


async def test_an_invitation_signs_in_once_and_the_passkey_made_then_signs_in_again(
    staffed: Site, company: Company, database: Any
):
    ida = await company.ops()
    ida.complaints.expect(REFUSED)
    await with_authenticator(ida.page)
    code = await invite(staffed, database, "Ida", Role.ADMIN)
    await ida.page.goto(f"{by_name(staffed)}/ops#invitation={code}")
    await expect(ida.words("staff.invitation.once")).to_be_visible()
    assert ida.page.url == f"{by_name(staffed)}/ops"
    await ida.button("staff.invitation.enter").click()
    await expect(ida.page.get_by_role("heading", name=ida.t("staff.invitation.welcome", name="Ida"))).to_be_visible()
    await ida.button("shared.passkey.add").click()
    await expect(rooms(ida)).to_contain_text("Ida")
    await ida.button("staff.account.open").click()
    account = ida.dialog("staff.account.title")
    await expect(account.get_by_role("listitem")).to_have_count(1)
    await expect(account.get_by_role("listitem")).to_contain_text("Chrome")
    await ida.page.keyboard.press("Escape")

    await ida.button("staff.signOut").click()
    await ida.button("shared.passkey.signIn").click()
    await expect(rooms(ida)).to_contain_text("Ida")

    await ida.page.goto("about:blank")
    await ida.page.goto(f"{by_name(staffed)}/ops#invitation={code}")
    await expect(ida.words("staff.invitation.instead", name="Ida")).to_be_visible()
    await ida.button("staff.invitation.enter").click()
    await expect(ida.page.get_by_role("alert")).to_contain_text(ida.t("shared.refusal.1170"))
    await ida.button("shared.action.close").click()
    await expect(rooms(ida)).to_contain_text("Ida")


async def test_what_wants_a_recent_sign_in_asks_over_the_page_and_goes_through(
    staffed: Site, company: Company, database: Any
):
    mai = await company.ops()
    await with_authenticator(mai.page)
    await sign_in_at_provider(mai, f"{by_name(staffed)}/ops")
    await database.execute("UPDATE sessions SET signed_in_ts = signed_in_ts - $1", HALF_HOUR_MS)
    await mai.page.reload()
    await mai.button("staff.account.open").click()
    account = mai.dialog("staff.account.title")
    await expect(account.get_by_role("listitem")).to_have_count(1)

    await account.get_by_role("button", name=mai.t("shared.passkey.add")).click()
    again = mai.dialog("shared.stepUp.title")
    await expect(again).to_be_visible()
    provider = again.get_by_role("link", name=mai.t("staff.signIn.oidc"))
    await expect(provider).to_have_attribute("href", re.compile("&again=1$"))  # it asks whoever is signed in there
    async with mai.page.context.expect_page() as opened:
        await provider.click()
    await choose_at_provider(await opened.value, "mai")
    await expect(again).to_be_hidden()  # and the page goes on by itself
    await expect(mai.words("shared.passkey.made")).to_be_visible()
    await expect(account.get_by_role("listitem")).to_have_count(2)

    # Proved by the passkey this time.
    await database.execute("UPDATE sessions SET signed_in_ts = signed_in_ts - $1", HALF_HOUR_MS)
    await mai.page.reload()
    await mai.button("staff.account.open").click()
    remove = account.get_by_role("listitem").filter(has_text=mai.t("shared.way.oidc")).get_by_role("button")
    await remove.click()
    await mai.confirm("staff.account.remove")
    await again.get_by_role("button", name=mai.t("shared.passkey.signIn")).click()
    await expect(again).to_be_hidden()
    await expect(account.get_by_role("listitem")).to_have_count(1)
    await expect(account.get_by_role("listitem")).to_contain_text(mai.t("shared.way.passkey"))


async def open_hosts(host: Host) -> Any:
    await host.button("staff.host.title").click()
    return host.dialog("staff.host.title")


async def invited_to(host: Host, sheet: Any, kind: str) -> str:
    """The link of a new invitation."""
    await sheet.get_by_role("button", name=host.t(f"staff.host.invite{kind.title()}")).click()
    field = sheet.get_by_role("textbox")
    await expect(field).to_have_value(re.compile("#invitation="))
    return str(await field.input_value())


async def test_a_cohost_is_invited_runs_the_room_is_taken_away_and_is_out(staffed: Site, company: Company):
    room = await staffed.show()
    host = await company.host(PHONE, "en")
    host.complaints.expect(REFUSED)
    await host.enter(room)
    sheet = await open_hosts(host)
    link = await invited_to(host, sheet, "cohost")
    await expect(sheet.get_by_role("listitem")).to_have_count(2)  # the host, and the invitation

    ben = await company.host(PHONE, "zh-CN")
    ben.complaints.expect(REFUSED)
    await ben.page.goto(link)
    title = "蓝莓开采 Blueberry day"
    told = ben.words("shared.invitation.text.cohost", by="Host", title=title)
    await expect(told).to_be_visible()  # before one signs in
    assert ben.page.url == f"{staffed.url}/studio"
    await ben.page.locator("summary").filter(has_text=ben.t("staff.signIn.link")).click()
    await ben.page.get_by_label(ben.t("staff.gate.label")).fill(staffed.person("ben", role="host").token)
    await ben.button("staff.gate.enter").click()
    await ben.button("shared.invitation.accept").click()
    await expect(ben.words("staff.invitation.done.cohost", title=title)).to_be_visible()
    await ben.button("staff.invitation.toRoom").click()
    await expect(ben.page.get_by_role("navigation", name=ben.t("studio.tabs"))).to_be_visible()
    await ben.go("chat")
    await ben.page.get_by_role("textbox", name=ben.t("staff.chat.say")).fill("我是副播")
    await ben.button("staff.chat.send").click()
    await expect(ben.line("我是副播")).to_contain_text(ben.t("shared.badge.cohost"))
    await ben.button("staff.room.settings").click()
    await expect(ben.dialog("staff.room.settings")).to_be_visible()
    await expect(ben.button("staff.host.title")).to_have_count(0)  # co-hosts invite nobody
    await ben.close(ben.dialog("staff.room.settings"))

    await expect(sheet.get_by_role("button", name=host.t("staff.host.removeOf", name="Ben"))).to_be_visible()
    await expect(sheet.get_by_role("textbox")).to_have_count(0)  # the link is used up
    await sheet.get_by_role("button", name=host.t("staff.host.removeOf", name="Ben")).click()
    sure = host.dialog("staff.host.removeConfirm", name="Ben")
    await sure.get_by_role("button", name=host.t("staff.host.remove"), exact=True).click()
    await expect(ben.words("staff.host.out")).to_be_visible()
    await ben.page.reload()
    await expect(ben.words("staff.host.out")).to_be_visible()

    withdrawn = await invited_to(host, sheet, "cohost")
    await sheet.get_by_role(
        "button", name=host.t.like("staff.host.withdrawOf", kind=host.t("staff.host.kind.cohost"))
    ).click()
    await expect(host.words("staff.host.withdrawn")).to_be_visible()
    await ben.page.goto("about:blank")
    await ben.page.goto(withdrawn)
    await expect(ben.page.get_by_role("alert")).to_contain_text(ben.t("shared.refusal.2044"))


async def test_an_expert_answers_with_the_badge(staffed: Site, company: Company):
    room = await staffed.show()
    host = await company.host(PHONE, "en")
    await host.enter(room)
    link = await invited_to(host, await open_hosts(host), "expert")
    assert link.startswith(f"{staffed.url}/r/{room}#")

    lin = await company.viewer("lin", PHONE, "zh-CN")
    await lin.page.goto(link)
    sheet = lin.dialog("shared.invitation.title")
    await expect(sheet).to_contain_text("Blueberry day")
    await sheet.get_by_role("button", name=lin.t("shared.invitation.accept")).click()
    await expect(
        lin.words("viewer.expert.done", title="蓝莓开采 Blueberry day", tab=lin.t("viewer.question.tab"))
    ).to_be_visible()
    await sheet.get_by_role("button", name=lin.t("viewer.expert.toRoom")).click()
    await expect(sheet).to_be_hidden()
    ada = await company.viewer("ada", DESK, "en")
    await ada.enter(room)
    await ada.open_questions()
    await ada.ask("Which soil do they like?")
    questions = await lin.open_questions()
    open_ = questions.get_by_role("region", name=lin.t("viewer.expert.open"))
    await open_.get_by_role("button", name=lin.t("viewer.expert.send")).click()
    await open_.get_by_role("textbox").fill("Sour: pH 4.5 to 5.5")
    await open_.get_by_role("button", name=lin.t("viewer.expert.send")).click()
    await expect(lin.words("viewer.expert.none")).to_be_visible()
    await expect(ada.page.get_by_text("Sour: pH 4.5 to 5.5")).to_be_visible()
    mei = await company.guest("mei", DESK, "en")
    await mei.enter(room)
    answers = await mei.open_questions()
    await expect(answers).to_contain_text(mei.t("shared.badge.expert"))
    await expect(answers).to_contain_text("Lin")


async def test_a_viewer_adds_a_passkey_and_signs_in_with_it(staffed: Site, company: Company):
    zoe = await company.guest("zoe", PHONE, "zh-CN")
    zoe.complaints.expect(REFUSED)
    await with_authenticator(zoe.page)
    await zoe.page.goto(f"{by_name(staffed)}/me")
    await zoe.button("viewer.signIn.title").click()
    sheet = zoe.dialog("viewer.signIn.title")
    await sheet.get_by_label(zoe.t("viewer.signIn.name")).fill("Zoe")
    await sheet.get_by_role("button", name=zoe.t("viewer.signIn.go")).click()
    await zoe.button("shared.passkey.add").click()
    await expect(zoe.words("shared.passkey.made")).to_be_visible()
    await expect(zoe.page.get_by_role("listitem").filter(has_text=zoe.t("shared.way.passkey"))).to_have_count(1)
    await zoe.button("viewer.signIn.out").click()
    await zoe.button("viewer.signIn.title").click()
    await sheet.get_by_role("button", name=zoe.t("shared.passkey.signIn")).click()
    await expect(sheet).to_be_hidden()
    await expect(zoe.page.get_by_label(zoe.t("viewer.account.name"))).to_have_value("Zoe")


async def test_inside_wechat_one_signs_in_by_wechat_and_elsewhere_it_is_not_offered(
    staffed: Site, company: Company, wechat: WechatDouble, browser_path: str | None
):
    if browser_path is not None and "headless-shell" in browser_path:
        pytest.skip("it fails in a Chromium without windows, for a reason that is not known yet")
    outside = await company.guest("outside", PHONE, "zh-CN")
    await outside.page.goto(f"{staffed.url}/me")
    await outside.button("viewer.signIn.title").click()
    await expect(outside.dialog("viewer.signIn.title").get_by_role("textbox")).to_be_focused()
    await expect(outside.page.get_by_text(outside.t("viewer.signIn.byWechat"))).to_have_count(0)

    hua: Viewer = await company.guest("hua", PHONE, "zh-CN", user_agent=WECHAT_AGENT)
    hua.complaints.expect(REFUSED)

    async def there(route: Any) -> None:
        """WeChat's page, which asks nothing and sends back."""
        asked = re.search("redirect_uri=([^&]+)&.*state=([^&#]+)", route.request.url)
        assert asked is not None
        await route.fulfill(
            status=302, headers={"Location": f"{staffed.url}/api/sign-in/wechat/callback?code={code}&state={asked[2]}"}
        )

    code = wechat.code(OFFICIAL, "o-hua", "u-hua")
    await hua.page.context.route(f"{AUTHORIZE}**", there)
    await hua.page.goto(f"{staffed.url}/me")
    await hua.button("viewer.signIn.title").click()
    await hua.dialog("viewer.signIn.title").get_by_role("link", name=hua.t("viewer.signIn.byWechat")).click()
    profile = hua.page.get_by_role("region", name=hua.t("viewer.account.profile"), exact=True)
    await expect(profile.get_by_role("listitem").first).to_contain_text(hua.t("shared.way.wechat"))
    assert hua.page.url == f"{staffed.url}/me"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_sign_in_and_hosts_look_right(staffed: Site, company: Company, database: Any, language: str):
    room = await staffed.show()
    ops = await company.ops(DESK, language)
    await looks.prepare(ops)
    await ops.page.goto(f"{by_name(staffed)}/ops")
    await expect(provider_link(ops)).to_be_visible()
    faults = await looks.faults(ops, "door", "body", looks.SCHEMES, (320, 375, 1440))
    faults += await looks.small(ops, "door", "main")
    code = await invite(staffed, database, "Ida", Role.OPS)
    await ops.page.goto("about:blank")
    await ops.page.goto(f"{by_name(staffed)}/ops#invitation={code}")
    await expect(ops.words("staff.invitation.once")).to_be_visible()
    faults += await looks.faults(ops, "invitation", "body", looks.SCHEMES, (320,))
    await ops.button("staff.invitation.enter").click()
    await expect(ops.words("staff.invitation.next")).to_be_visible()
    faults += await looks.faults(ops, "welcome", "body", looks.SCHEMES, (320,))
    await ops.button("staff.invitation.skip").click()
    await ops.button("staff.account.open").click()
    await expect(ops.words("staff.account.none")).to_be_visible()
    faults += await looks.faults(ops, "account", "[role=dialog]", looks.SCHEMES, (320,))
    await database.execute("UPDATE sessions SET signed_in_ts = signed_in_ts - $1", HALF_HOUR_MS)
    ops.complaints.expect(REFUSED)
    await ops.page.reload()
    await ops.button("staff.account.open").click()
    await ops.dialog("staff.account.title").get_by_role("button", name=ops.t("shared.passkey.add")).click()
    await expect(ops.dialog("shared.stepUp.title")).to_be_visible()
    faults += await looks.faults(ops, "again", "[role=dialog]", looks.SCHEMES, (320,))

    host = await company.host(PHONE, language)
    await looks.prepare(host)
    await host.enter(room)
    sheet = await open_hosts(host)
    await invited_to(host, sheet, "expert")
    faults += await looks.faults(host, "hosts", "[role=dialog]", looks.SCHEMES, (320, 1440))
    faults += await looks.small(host, "hosts", "[role=dialog]")
    assert not faults, "\n".join(faults)
