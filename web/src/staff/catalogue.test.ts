// Every word must occur, in any field, in any form of writing.
import { describe, expect, it } from "vitest";
import type { Product } from "@shared/api-types";
import { FOUND_MAX, matching } from "./catalogue";

const product = (id: string, title: string, farm = "清源农场"): Product => ({
  id,
  farm,
  title,
  subtitle: "",
  image: null,
  price_minor: 1,
  list_price_minor: null,
  currency: "CNY",
  unit: "500g",
});
const ids = (search: string): string[] =>
  matching([product("a", "有机蓝莓"), product("b", "Strawberry Box", "Hill Farm")], search).map(({ id }) => id);

describe("matching", () => {
  it("finds by title, farm and id, whatever the case and width", () => {
    expect(ids("蓝莓")).toEqual(["a"]);
    expect(ids("hill STRAW")).toEqual(["b"]);
    expect(ids("ＢＯＸ")).toEqual(["b"]);
    expect(ids("500g")).toEqual(["a", "b"]);
  });

  it("gives everything for nothing, and nothing for a word that is not there", () => {
    expect(ids("  ")).toEqual(["a", "b"]);
    expect(ids("蓝莓 hill")).toEqual([]);
  });

  it("is bounded", () => {
    expect(
      matching(
        Array.from({ length: 200 }, (_, n) => product(String(n), "x")),
        "",
      ),
    ).toHaveLength(FOUND_MAX);
  });
});
