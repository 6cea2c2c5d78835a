import { expect, it } from "vitest";
import { dayOf, markOf, suggestedLot } from "./lots";

it("is the day, and the first letter that is free", () => {
  expect(dayOf(new Date(2026, 10, 3))).toBe("20261103");
  expect(suggestedLot("20261130", [])).toBe("20261130A");
  expect(suggestedLot("20261130", ["20261130A", "20261130b", "20261129C"])).toBe("20261130C");
});

it("goes on after the last letter", () => {
  const all = [..."ABCDEFGHJKLMNPQRSTUVWXYZ"].map((letter) => `20261130${letter}`);
  expect(suggestedLot("20261130", all)).toBe("20261130Z1");
});

it("has a mark of the phone where others may be given the same", () => {
  expect(
    suggestedLot(
      "20261130",
      ["20261130A"],
      markOf(() => 0.5),
    ),
  ).toBe("20261130A-NN");
});
