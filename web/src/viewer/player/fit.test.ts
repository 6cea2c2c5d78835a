import { describe, expect, it } from "vitest";
import { fitOf } from "./fit";

const UPRIGHT = 9 / 16;
const LYING = 16 / 9;

describe("a picture in its place", () => {
  it("fills an upright phone when it is upright, and a lying phone when it lies", () => {
    expect([
      fitOf(UPRIGHT, 375 / 812),
      fitOf(UPRIGHT, 320 / 568),
      fitOf(LYING, 812 / 375),
      fitOf(LYING, 568 / 320),
    ]).toEqual(["fill", "fill", "fill", "fill"]);
  });

  it("is shown whole where most of it would be cut off", () => {
    expect([fitOf(UPRIGHT, 812 / 375), fitOf(LYING, 375 / 812), fitOf(LYING, 1)]).toEqual(["whole", "whole", "whole"]);
  });

  it("fills while nobody knows", () => {
    expect([fitOf(null, 2), fitOf(2, null)]).toEqual(["fill", "fill"]);
  });
});
