// Why people got nothing is listed with the most frequent reason first.
import { expect, it } from "vitest";
import en from "../locales/en.json";
import zh from "../locales/zh-CN.json";
import { refusals } from "./figures";

it("lists reasons by how often they were given, and none that was not", () => {
  expect(refusals({ limit_reached: 3, sold_out: 900, sale_closed: 0 })).toEqual([
    ["sold_out", 900],
    ["limit_reached", 3],
  ]);
  expect(refusals({})).toEqual([]);
});

it("has words for every reason that the server gives", () => {
  const names = [
    "sold_out",
    "limit_reached",
    "sale_closed",
    "too_fast",
    "more_needed",
    "not_in_room",
    "banned",
    "unavailable",
  ];
  for (const { staff } of [en, zh]) expect(Object.keys(staff.sale.reason)).toEqual(expect.arrayContaining(names));
});
