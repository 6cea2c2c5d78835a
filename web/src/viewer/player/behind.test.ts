import { describe, expect, it } from "vitest";
import { placeOf, targetOf } from "./behind";

const RANGE = { startS: 100, liveS: 300 };

describe("where somebody looks", () => {
  it("is a share of the window, and so far behind", () => {
    expect(placeOf(RANGE, 250)).toEqual({ share: 0.75, behindS: 50, windowS: 200 });
    expect(placeOf(RANGE, 300)).toEqual({ share: 1, behindS: 0, windowS: 200 });
  });

  it("stays inside of the window, also when the window has moved on", () => {
    expect(placeOf(RANGE, 20)).toEqual({ share: 0, behindS: 200, windowS: 200 });
    expect(placeOf(RANGE, 301)).toEqual({ share: 1, behindS: 0, windowS: 200 });
  });

  it("of an empty window is live", () => {
    expect(placeOf({ startS: 5, liveS: 5 }, 5)).toEqual({ share: 1, behindS: 0, windowS: 0 });
  });
});

describe("where to go", () => {
  it("is the moment of that share", () => {
    expect(targetOf(RANGE, 0.5)).toEqual({ atS: 200, live: false });
    expect(targetOf(RANGE, -1)).toEqual({ atS: 100, live: false });
  });

  it("is live when it is near it", () => {
    expect(targetOf(RANGE, 0.99)).toEqual({ atS: 300, live: true });
    expect(targetOf(RANGE, 7)).toEqual({ atS: 300, live: true });
  });
});
