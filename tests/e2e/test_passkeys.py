"""A real browser makes a passkey with what the server asks for, and signs in with it; the key itself is Chromium's virtual one
(WebDriver extension of Web Authentication Level 3, section 11)."""

from typing import Any

from playwright.async_api import Browser, Page

from livehub import app
from livehub.base.auth import Role
from tests.base.served import serving

AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip
CALL = """
async ([path, body, token]) => {
  const headers = { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: answer.status, body: await answer.json() };
}
"""
CREATE = """
async (options) => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return (await navigator.credentials.create({ publicKey })).toJSON();
}
"""
GET = """
async (options) => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return (await navigator.credentials.get({ publicKey })).toJSON();
}
"""


async def call(page: Page, path: str, body: Any, token: str | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = await page.evaluate(CALL, [path, body, token])
    return answer


async def test_a_browser_makes_a_passkey_and_signs_in_with_it(chromium: Browser, database_url: str) -> None:
    async with serving(database_url, modules=app.DEMO_MODULES, sign_in_by_link=True) as served:
        context = await chromium.new_context()
        page = await context.new_page()
        devtools = await context.new_cdp_session(page)
        await devtools.send("WebAuthn.enable")
        made = await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        await page.goto(f"http://localhost:{served.client.port}/api/sign-in")  # any page of ours, by name

        link = {"app": "studio", "token": served.token(Role.HOST, "mai")}
        token = (await call(page, "/api/session", link))["body"]["token"]
        asked = await call(page, "/api/me/passkeys/options", {}, token)
        credential = await page.evaluate(CREATE, asked["body"]["options"])
        added = await call(page, "/api/me/passkeys", {"credential": credential}, token)
        assert (added["status"], added["body"]["kind"]) == (201, "passkey")
        assert added["body"]["label"].startswith("Chrome, ")

        await context.clear_cookies()
        for _ in range(2):  # the count grows
            asked = await call(page, "/api/sign-in/passkey/options", {"app": "studio"})
            credential = await page.evaluate(GET, asked["body"]["options"])
            signed_in = await call(page, "/api/sign-in/passkey", {"credential": credential, "app": "studio"})
            assert signed_in["status"] == 200, signed_in
            assert signed_in["body"]["person"]["id"] == "mai"
        kept = {cookie["name"]: cookie["httpOnly"] for cookie in await context.cookies()}
        assert kept == {"livehub-browser": True, "livehub-studio": True}

        # The user who is not verified this time is refused, whatever the browser lets through.
        await devtools.send(
            "WebAuthn.setUserVerified", {"authenticatorId": made["authenticatorId"], "isUserVerified": False}
        )
        asked = await call(page, "/api/sign-in/passkey/options", {"app": "studio"})
        lax = {**asked["body"]["options"], "userVerification": "discouraged"}
        credential = await page.evaluate(GET, lax)
        refused = await call(page, "/api/sign-in/passkey", {"credential": credential, "app": "studio"})
        assert (refused["status"], refused["body"]["code"]) == (403, 1174)
        await context.close()
