// Divisions of China: chosen level by level, named in full, and cities that have nothing below them.
import { expect, it } from "vitest";
import { loadRegions } from "./regions";

it("knows what lies below what", async () => {
  const regions = await loadRegions();
  expect(regions.provinces.length).toBeGreaterThan(30);
  expect(regions.citiesOf("310000").map(({ code }) => code)).toContain("310100");
  expect(regions.countiesOf("310100")).toContainEqual({ code: "310115", name: "浦东新区" });
  expect(regions.countiesOf("441900")[0]?.code).toMatch(/^4419/);
});

it("names a place in full, and none for a code of none", async () => {
  const { nameOf } = await loadRegions();
  expect([nameOf("310115"), nameOf("330106"), nameOf("")]).toEqual(["上海市浦东新区", "浙江省杭州市西湖区", ""]);
});
