// @vitest-environment jsdom
import { expect, it } from "vitest";
import { readPage } from "./reading";

/** A part of a page of trace/journey/page.py. */
function read(html: string) {
  document.body.innerHTML = `<main data-batch="b" data-zone="UTC"><section class="proof">${html}</section></main>`;
  return readPage(document.querySelector("main") ?? document.body);
}

const BADGES =
  '<p class="badges"><span class="badge good">In the public log</span><span class="badge">Anchored</span></p>';
const FACTS = '<code data-fact="id">eip155:1/0x1/0</code><time data-fact="logged">now</time>';

it("reads what is shown of a chain, and its badges", () => {
  const { chain, badges } = read(`${BADGES}<dl data-part="chain" data-anchoring="7" data-development>${FACTS}</dl>`);
  expect(chain).toEqual({ id: "eip155:1/0x1/0", anchoring: "7", logged: "now", anchored: "", isDevelopment: true });
  expect(badges).toEqual(["In the public log", "Anchored"]);
});

it("takes a chain whose marks are gone for one that is shown, and none only where nothing is", () => {
  expect(read(`${BADGES}<dl data-part="chain">${FACTS}</dl>`).chain?.anchoring).toBe("");
  expect(read(`${BADGES}<dl>${FACTS}</dl>`).chain?.anchoring).toBe("");
  expect(read(BADGES).chain).toBeNull();
});
