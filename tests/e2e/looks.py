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


# Whoever points has to hit 44 px (WCAG 2.5.5): around its middle all of that belongs to what is pressed, however much of it is
# drawn; of what has a label the label is hit. Lines of text are closer, and their links and buttons may be.
_SMALL = """(part) => {
    const found = [];
    const pressed = ":is(button, a[href], summary, select, [role=switch], [role=tab], input[type=radio], input[type=checkbox])";
    const seen = { visibilityProperty: true, opacityProperty: true };
    for (const element of document.querySelectorAll(`${part} ${pressed}`)) {
        const target = element.closest("label") ?? element;
        if (!target.checkVisibility(seen) || target.closest("[aria-hidden=true], [tabindex='-1'].visually-hidden")) continue;
        const boxOf = () => target.getBoundingClientRect();
        if (boxOf().width < 2 || (boxOf().width >= 43.5 && boxOf().height >= 43.5)) continue;
        target.scrollIntoView({ block: "center", inline: "nearest" });
        const { left, right, top, bottom, width, height } = boxOf();
        const [x, y] = [(left + right) / 2, (top + bottom) / 2];
        // Half a pixel within 44 px around its middle.
        const hits = ([dx, dy]) => target.contains(document.elementFromPoint(x + dx, y + dy));
        if ([[-21, 0], [21, 0], [0, -21], [0, 21]].every(hits)) continue;
        found.push(`${element.outerHTML.slice(0, 160)}: ${Math.round(width)} x ${Math.round(height)} px`);
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
    """What is hit by less than 44 px in a part of the page (a selector)."""
    await guest.page.evaluate(SETTLED)
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
