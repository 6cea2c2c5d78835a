// A time on the shop's wall is one moment, wherever the browser is; where the clocks change it may be none, or two.
import { describe, expect, it } from "vitest";
import { isOwnZone, localOf, momentOf, ownZone } from "./zone";

const NOON = Date.parse("2026-11-29T12:00:00Z");

describe("a time in a zone", () => {
  it("is read and written as its clocks show it", () => {
    expect(localOf(NOON, "Asia/Shanghai")).toBe("2026-11-29T20:00");
    expect(momentOf("2026-11-29T20:00", "Asia/Shanghai")).toBe(NOON);
    expect(momentOf("2026-11-29T07:00", "America/New_York")).toBe(NOON);
    expect(momentOf("2026-11-29T17:30", "Asia/Kolkata")).toBe(NOON);
  });

  it("is no moment when clocks go forward, and two when they go back", () => {
    expect(momentOf("2026-03-08T02:30", "America/New_York")).toBe("clock_change");
    expect(momentOf("2026-11-01T01:30", "America/New_York")).toBe("clock_change");
    expect(momentOf("2026-03-08T03:30", "America/New_York")).toBe(Date.parse("2026-03-08T07:30:00Z"));
    expect(momentOf("2026-11-01T02:30", "America/New_York")).toBe(Date.parse("2026-11-01T07:30:00Z"));
  });

  it.each(["", "soon", "2026-06-31T10:00", "2026-11-29", "2026-11-29T25:00"])("is not %j", (text) =>
    expect(momentOf(text, "Asia/Shanghai")).toBe("pattern"),
  );
});

it("knows the browser's own zone, by an old name as well", () => {
  const others = ["Asia/Shanghai", "America/New_York"].filter((zone) => zone !== ownZone());
  expect([ownZone(), ...others].map(isOwnZone)).toEqual([true, ...others.map(() => false)]);
  expect(isOwnZone("Etc/UTC")).toBe(isOwnZone("UTC"));
});
