// The form of a product makes the exact request, sends only what was changed, and keeps that when somebody else was quicker.
import { describe, expect, it } from "vitest";
import type { ProductPage } from "@shared/api-types";
import {
  changedBy,
  checkProduct,
  editOf,
  emptyProductForm,
  productForm,
  rebased,
  topPrice,
  type ProductForm,
} from "./product-form";

const HONEY: ProductPage = {
  id: "honey",
  version: 3,
  farm: "青禾农场",
  title: "山花蜜",
  titles: { zh: "山花蜜", en: "Mountain honey" },
  subtitle: "",
  image: "/a.webp",
  images: ["/a.webp", "/b.webp"],
  price_minor: 6800,
  list_price_minor: null,
  currency: "CNY",
  unit: "480 g",
  sku: "H-1",
  gtin: null,
  is_on_sale: true,
  variant_of: null,
  variant: "",
  weighed: null,
  components: [],
  gift: null,
  certificates: [],
  variants: [],
  staff: {
    flags_seen: ["100%"],
    claims: ["organic"],
    unproven: [],
    certificates: [{ kind: "organic", picture: "/c.webp", number: "7", valid_until: "2027-05-01", holds: true }],
    on_hand: 0,
    held: 0,
    sold: 0,
    created_at: "",
    changed_at: "",
  },
};
const form = (change: Partial<ProductForm> = {}): ProductForm => ({
  ...emptyProductForm(),
  title: "鱼",
  price: "15.36",
  ...change,
});

describe("a product", () => {
  it("is sold by the piece, as it begins", () => {
    expect(checkProduct(form(), "zh").body).toEqual({
      title: "鱼",
      titles: null,
      subtitle: "",
      subtitles: null,
      unit: "",
      unit_names: null,
      variant: "",
      variant_names: null,
      variant_of: null,
      farm: "",
      sku: null,
      gtin: null,
      price_minor: 1536,
      list_price_minor: null,
      currency: "CNY",
      weighed: null,
      components: [],
      gift: null,
      images: [],
      certificates: [],
      flags_seen: [],
      is_on_sale: true,
    });
  });

  it("costs by weight what its grams cost at most, half up", () => {
    expect(topPrice("1200", "12.80", "CNY")).toBe(1536);
    expect(topPrice("125", "0.04", "CNY")).toBe(1);
    expect(topPrice("", "12.80", "CNY")).toBeNull();
    const weighed = { sold: "weight", grams: "1200", perKg: "12.8" } as const;
    expect(checkProduct(form(weighed), "zh").body?.weighed).toEqual({ grams: 1200, per_kg_minor: 1280 });
    expect(checkProduct(form({ ...weighed, price: "15.37" }), "zh").faults).toEqual({ price: "out_of_range" });
  });

  it("is a bundle of other products, each once", () => {
    const bread = { product: "bread", title: "面包", qty: 2 };
    expect(checkProduct(form({ sold: "bundle", components: [bread] }), "zh").body?.components).toEqual([
      { product: "bread", qty: 2 },
    ]);
    expect(checkProduct(form({ sold: "bundle" }), "zh").faults).toEqual({ components: "required" });
    expect(checkProduct(form({ sold: "bundle", components: [bread, bread] }), "zh").faults).toEqual({
      components: "twice",
    });
  });

  it.each<[string, Partial<ProductForm>, object]>([
    ["no name", { title: " " }, { title: "required" }],
    ["no price", { price: "" }, { price: "required" }],
    ["half a fen", { price: "1.005" }, { price: "not_money" }],
    ["a struck-through price below its own", { listPrice: "15.36" }, { listPrice: "out_of_range" }],
    ["a variant without a name", { variantOf: "fish" }, { variant: "required" }],
    ["a wrong check digit", { gtin: "6901234567893" }, { gtin: "pattern" }],
    ["a Chinese SKU", { sku: "鱼" }, { sku: "pattern" }],
    ["a gift that is nothing", { gift: { product: "", title: "", qty: 1 } }, { gift: "required" }],
    [
      "a certificate without its picture",
      { certificates: [{ kind: "organic", picture: "", number: "", validUntil: "2027-01-01" }] },
      { certificates: "required" },
    ],
  ])("is refused with %s", (_, change, faults) => {
    expect(checkProduct(form(change), "zh")).toEqual({ body: null, faults });
  });
});

describe("a change", () => {
  const was = productForm(HONEY, "zh");
  const bodyOf = (now: ProductForm) => {
    const { body } = checkProduct(now, "zh");
    if (!body) throw new Error("it should be right");
    return body;
  };

  it("sends nothing where nothing was touched, and only what was", () => {
    expect(editOf(bodyOf(was), bodyOf(was), 3)).toEqual({ version: 3 });
    expect(editOf(bodyOf(was), bodyOf({ ...was, price: "59", images: ["/b.webp"] }), 3)).toEqual({
      version: 3,
      price_minor: 5900,
      images: ["/b.webp"],
    });
  });

  it("shows what another has changed, and where both have", () => {
    const theirs = { ...was, price: "60.00", unit: "500 g", farm: "x" };
    const mine = { ...was, price: "59", title: "槐花蜜", farm: "x" };
    expect(changedBy(was, theirs, mine)).toEqual([
      { field: "unit", both: false },
      { field: "farm", both: false },
      { field: "price", both: true },
    ]);
    expect(rebased(was, theirs, mine)).toEqual({ ...was, price: "59", unit: "500 g", farm: "x", title: "槐花蜜" });
  });
});
