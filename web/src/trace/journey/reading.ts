/** What a page of trace/journey/page.py shows, read from what is really there to be seen. */
import type { Facts, Shown, ShownChain, ShownEntry } from "./shown";

export function readPage(page: HTMLElement): Shown {
  const all = (selector: string): HTMLElement[] => [...page.querySelectorAll<HTMLElement>(selector)];
  return {
    language: document.documentElement.lang.startsWith("zh") ? "zh" : "en",
    zone: page.dataset.zone ?? "",
    batch: page.dataset.batch ?? "",
    leaf: leafOf(page),
    head: Object.assign({}, ...all("[data-part=head]").map(factsOf)) as Facts,
    events: all("[data-part=event]").map(entryOf),
    breaches: all("[data-part=breach]").map(entryOf),
    certificates: all("[data-part=certificate]").map(factsOf),
    chain: chainOf(all("[data-part=chain], .proof [data-fact]")),
    badges: all(".badge").map((one) => one.textContent),
  };
}

function factsOf(element: HTMLElement): Facts {
  const found = [...element.querySelectorAll<HTMLElement>("[data-fact]")];
  return Object.fromEntries(found.map((one) => [one.dataset.fact ?? "", one.textContent]));
}

function entryOf(element: HTMLElement): ShownEntry {
  return { leaf: leafOf(element), facts: factsOf(element) };
}

function leafOf({ dataset }: HTMLElement): number | null {
  return dataset.leaf === undefined ? null : Number(dataset.leaf);
}

/** Null only where nothing is shown of a chain: what is shown and has no mark is not to pass for nothing. */
function chainOf([element]: HTMLElement[]): ShownChain | null {
  if (!element) return null;
  const { id = "", logged = "", anchored = "" } = factsOf(element);
  const { anchoring = "", development } = element.dataset;
  return { id, anchoring, logged, anchored, isDevelopment: development !== undefined };
}
