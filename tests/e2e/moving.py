"""Whether a picture moves, asked until it does."""

import asyncio

from playwright.async_api import Page

# The picture's own clock goes on, and there is something to see.
_MOVES = """async () => {
    const video = document.querySelector("video");
    if (!video || video.videoWidth === 0) return false;
    const from = video.currentTime;
    await new Promise((done) => setTimeout(done, 400));
    return video.currentTime > from;
}"""


async def moves(page: Page, within_ms: float) -> None:
    """Come back once the page's picture moves. Raises TimeoutError when it does not within that time.

    `wait_for_function` would take the promise of an answer for a yes; each question here takes its 400 ms in the page.
    """
    async with asyncio.timeout(within_ms / 1_000):
        while not await page.evaluate(_MOVES):
            pass
