import { describe, expect, it } from "vitest";
import { ageMsOf, ageOf } from "./age";

describe("the age of a picture", () => {
  it("is unknown before there is a picture, whatever a player reports then", () => {
    expect(ageMsOf(0, 1_110_300, false)).toBeNull();
    expect(ageMsOf(null, 5_000, true)).toBeNull();
  });

  it("is the time since the moment it shows, and never less than nothing", () => {
    expect([ageMsOf(1_000, 3_400, true), ageMsOf(5_000, 4_900, true)]).toEqual([2_400, 0]);
  });

  it("is unknown beyond a minute: the clock was moved", () => {
    expect([ageMsOf(0, 60_000, true), ageMsOf(0, 60_001, true), ageMsOf(0, 1_110_300, true)]).toEqual([
      60_000,
      null,
      null,
    ]);
  });
});

describe("what is told of it", () => {
  it("is nothing but live up to five seconds, unless somebody asks", () => {
    expect(ageOf(4_999, false)).toEqual({ tone: "live", ms: null });
    expect(ageOf(1_400, true)).toEqual({ tone: "live", ms: 1_400 });
  });

  it("is a number from five seconds on, and not in green", () => {
    expect([ageOf(5_000, false), ageOf(13_400, false), ageOf(15_000, false)]).toEqual([
      { tone: "late", ms: 5_000 },
      { tone: "late", ms: 13_400 },
      { tone: "far", ms: 15_000 },
    ]);
  });

  it("is no number and no green while a picture has just begun, but to who asks", () => {
    expect([ageOf(13_400, false, false), ageOf(13_400, true, false), ageOf(1_400, false, false)]).toEqual([
      { tone: "unknown", ms: null },
      { tone: "late", ms: 13_400 },
      { tone: "live", ms: null },
    ]);
  });

  it("is nothing while it is unknown", () => {
    expect(ageOf(null, true)).toEqual({ tone: "unknown", ms: null });
  });
});
