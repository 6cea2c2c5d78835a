// A keyboard is told from a browser's bar and from a page that is zoomed.
import { describe, expect, it } from "vitest";
import { coveredPx } from "./keyboard";

describe("an on-screen keyboard", () => {
  it("covers what is missing at the bottom", () => {
    expect(coveredPx(812, { height: 476, offsetTop: 0, scale: 1 })).toBe(336);
    expect(coveredPx(812, { height: 476, offsetTop: 100, scale: 1 })).toBe(236);
  });

  it("is not a browser's bar", () => {
    expect(coveredPx(812, { height: 752, offsetTop: 0, scale: 1 })).toBe(0);
  });

  it("is not a page zoomed by two fingers, and is one in a zoomed page", () => {
    expect(coveredPx(812, { height: 406, offsetTop: 120, scale: 2 })).toBe(0);
    expect(coveredPx(812, { height: 238, offsetTop: 0, scale: 2 })).toBe(336);
  });
});
