// Why people got nothing is listed with the most frequent reason first.
import { expect, it } from "vitest";
import { refusals } from "./figures";

it("lists reasons by how often they were given, and none that was not", () => {
  expect(refusals({ limit_reached: 3, sold_out: 900, sale_closed: 0 })).toEqual([["sold_out", 900], ["limit_reached", 3]]);
  expect(refusals({})).toEqual([]);
});
