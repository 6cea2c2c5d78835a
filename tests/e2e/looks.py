"""What is looked at on every page, whatever it shows: whether all can use it, read it, and see all of it.

`faults(guest, ...)` gives what is wrong, in words.
"""

import re
from pathlib import Path

from playwright.async_api import Page

from tests.e2e.people import Guest

AXE = Path(__file__).parent.parent.parent / "web" / "node_modules" / "axe-core" / "axe.min.js"
SCHEMES = ("light", "dark")

# The name of a text where the text should be: what vue-i18n shows when a catalogue lacks it.
KEY = re.compile(r"\b(?:viewer|studio|staff|shared|ops)(?:\.[A-Za-z0-9]+)+\b")

# Once colours have stopped changing: half-way between two themes nothing is readable.
SETTLED = """async () => {
    const passing = (animation) => Number.isFinite(animation.effect.getComputedTiming().endTime);
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    await frame().then(frame);
    await Promise.allSettled(document.getAnimations().filter(passing).map(({ finished }) => finished));
}"""

_VIOLATIONS = """async (part) => {
    const options = { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] };
    const { violations } = await axe.run(part, options);
    return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}"""

_WORDS = """() => {
    const said = [document.title, document.body.innerText];
    for (const name of ["aria-label", "placeholder", "title", "alt"])
        for (const element of document.querySelectorAll(`[${name}]`)) said.push(element.getAttribute(name));
    return said.join("\\n");
}"""

# Whether the page can be scrolled sideways, and what can be pressed but lies beyond its edge; what scrolls inside a
# part of the page does so on purpose.
_BEYOND = """() => {
    const root = document.documentElement;
    const found = root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} px wide`] : [];
    const scrolls = (element) =>
        element && (/auto|scroll/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
    for (const element of document.querySelectorAll("button, a[href], input, textarea")) {
        const { left, right, width } = element.getBoundingClientRect();
        if (width === 0 || (left >= -1 && right <= root.clientWidth + 1) || scrolls(element.parentElement)) continue;
        if (element.closest("[aria-hidden=true]") || !element.checkVisibility({ visibilityProperty: true })) continue;
        found.push(`${element.outerHTML.slice(0, 120)} from ${left} to ${right} px`);
    }
    return found;
}"""


# What a thumb has to hit is 44 px high and wide (WCAG 2.5.5); of what is hidden from sight the label is hit.
_SMALL = """(part) => {
    const found = [];
    for (const element of document.querySelectorAll(`${part} :is(button, summary, [role=switch], select)`)) {
        const { width, height } = element.getBoundingClientRect();
        if (width === 0 || height >= 43.5 && width >= 43.5) continue;
        if (element.closest("[aria-hidden=true]") || !element.checkVisibility({ visibilityProperty: true })) continue;
        found.push(`${element.outerHTML.slice(0, 120)} is ${Math.round(width)} x ${Math.round(height)} px`);
    }
    return found;
}"""


async def prepare(guest: Guest) -> None:
    """Bring the means along; before the first page."""
    await guest.page.add_init_script(path=AXE)


async def faults(guest: Guest, place: str, part: str, schemes: tuple[str, ...], widths: tuple[int, ...]) -> list[str]:
    """What is wrong with a part of the page (a selector) as it is now, in these colour schemes and at these widths."""
    page = guest.page
    found = [f"the text {key}" for key in KEY.findall(await page.evaluate(_WORDS))]
    for scheme in schemes:
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await page.evaluate(SETTLED)
        found += [f"{scheme}: {violation}" for violation in await page.evaluate(_VIOLATIONS, part)]
    found += await beyond(page, widths)
    return [f"{place} ({guest.t.language}): {fault}" for fault in found]


async def small(guest: Guest, place: str, part: str) -> list[str]:
    """What is too small for a thumb in a part of the page (a selector)."""
    return [f"{place} ({guest.t.language}): {fault}" for fault in await guest.page.evaluate(_SMALL, part)]


async def beyond(page: Page, widths: tuple[int, ...]) -> list[str]:
    """What lies beyond the edges of a page at these widths."""
    before = page.viewport_size
    assert before is not None
    found: list[str] = []
    for width in widths:
        await page.set_viewport_size({"width": width, "height": before["height"]})
        await page.evaluate(SETTLED)
        found += [f"at {width} px: {fault}" for fault in await page.evaluate(_BEYOND)]
    await page.set_viewport_size(before)
    return found
