import { describe, expect, it } from "vitest";
import { asksAtAll, parseAsked, queryOf } from "./address";

const NOTHING = { clip: null, recording: null, atS: null };

describe("an address", () => {
  it("asks for a clip, a recording, a moment", () => {
    expect(parseAsked("?clip=clip-1m82")).toEqual({ ...NOTHING, clip: "clip-1m82" });
    expect(parseAsked("?recording=rec-9&t=75")).toEqual({ ...NOTHING, recording: "rec-9", atS: 75 });
    expect(parseAsked("?t=0")).toEqual({ ...NOTHING, atS: 0 });
    expect(parseAsked("")).toEqual(NOTHING);
  });

  it("asks for nothing in a form that is not expected", () => {
    for (const search of [
      "?clip=",
      "?clip=../x",
      `?clip=${"a".repeat(65)}`,
      "?t=-1",
      "?t=1e9",
      "?t=1.5",
      "?t=NaN",
      "?t=1234567",
      "?recording=%3Cb%3E",
    ]) {
      expect(parseAsked(search), search).toEqual(NOTHING);
    }
  });

  it("asks for what was recorded by a clip or a recording, not by a moment alone", () => {
    expect(asksAtAll(parseAsked("?clip=c"))).toBe(true);
    expect(asksAtAll(parseAsked("?recording=r"))).toBe(true);
    expect(asksAtAll(parseAsked("?t=4"))).toBe(false);
  });
});

describe("a query", () => {
  it("is read as it was written", () => {
    for (const asked of [{ ...NOTHING, clip: "c-1" }, { ...NOTHING, recording: "r-1", atS: 12 }, NOTHING])
      expect(parseAsked(queryOf(asked))).toEqual(asked);
  });

  it("has whole seconds, none for the beginning, and no recording beside a clip", () => {
    expect(queryOf({ atS: 12.9 })).toBe("?t=12");
    expect(queryOf({ atS: 0.9 })).toBe("");
    expect(queryOf({ clip: "c", recording: "r" })).toBe("?clip=c");
  });
});
