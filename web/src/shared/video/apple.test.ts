import { describe, expect, it } from "vitest";
import { applePlatform, webKit } from "./apple";

const APPLE = "Apple Computer, Inc.";

describe("AVPlayer plays", () => {
  it("in Safari and in every browser of an iPhone or iPad", () => {
    expect(["MacIntel", "iPhone", "iPad"].map((platform) => applePlatform({ vendor: APPLE, platform }))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it("neither in other browsers of a Mac nor in WebKit on Linux", () => {
    expect(
      [
        { vendor: "Google Inc.", platform: "MacIntel" },
        { vendor: "", platform: "MacIntel" },
        { vendor: APPLE, platform: "Linux x86_64" },
      ].map(applePlatform),
    ).toEqual([false, false, false]);
  });
});

describe("WebKit is told", () => {
  it("by its vendor, also where it is not Apple's device", () => {
    expect([APPLE, "Google Inc.", ""].map((vendor) => webKit({ vendor }))).toEqual([true, false, false]);
  });
});
