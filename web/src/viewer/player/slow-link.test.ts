// Words for a slow link come when somebody waits for long or often; the picture is given up only where it cannot fit.
import { describe, expect, it } from "vitest";
import type { Link } from "@shared/video/way";
import { slowness } from "./slow-link";

const LINK: Link = { step: 2, dryLately: 0, holds: false, deliveredBps: 2_000_000, neededBps: 1_200_000, lower: false };
const WELL = { phase: "other", forMs: 0, waitedMs: 0, link: LINK } as const;

describe("a slow link", () => {
  it("is told after five seconds of loading, or two and a half of waiting", () => {
    expect(slowness({ ...WELL, phase: "loading", forMs: 5_000, link: null })).toBe("no");
    expect(slowness({ ...WELL, phase: "loading", forMs: 5_001, link: null })).toBe("slow");
    expect(slowness({ ...WELL, phase: "waiting", forMs: 2_500 })).toBe("no");
    expect(slowness({ ...WELL, phase: "waiting", forMs: 2_501 })).toBe("slow");
  });

  it("is told when the picture keeps running dry, however shortly", () => {
    expect(slowness({ ...WELL, link: { ...LINK, dryLately: 1 } })).toBe("no");
    expect(slowness({ ...WELL, link: { ...LINK, dryLately: 2 } })).toBe("slow");
  });
});

describe("a link that is too slow", () => {
  const little = { ...LINK, deliveredBps: 1_000_000 };
  const waits = { phase: "waiting", forMs: 3_000, waitedMs: 8_001, link: little } as const;

  it("carries less than the picture takes, while somebody waits for it much of the time", () => {
    expect(slowness(waits)).toBe("too slow");
    expect(slowness({ ...waits, phase: "loading", forMs: 8_001 })).toBe("too slow");
    expect(slowness({ ...waits, waitedMs: 8_000 })).toBe("slow");
    expect(slowness({ ...waits, phase: "other" })).toBe("no");
  });

  it("carries far less while parts are loaded, whose round trips take their time", () => {
    expect(slowness({ ...waits, link: { ...little, step: 1 } })).toBe("slow");
    expect(slowness({ ...waits, link: { ...little, step: 1, deliveredBps: 599_000 } })).toBe("too slow");
  });

  it("is neither one that carries enough, nor one that nobody has measured", () => {
    const links = [LINK, { ...little, deliveredBps: null }, { ...little, neededBps: null }, null];
    expect(links.map((link) => slowness({ ...waits, link }))).toEqual(["slow", "slow", "slow", "slow"]);
  });
});
