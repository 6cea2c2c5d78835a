// The form of a sale makes the exact request, or names the field and the fault; so does the one of a product's stock.
import { describe, expect, it } from "vitest";
import type { ListedProduct } from "@shared/api-types";
import { checkSale, checkStock, emptySaleForm, freeUnits, type SaleForm, type StockForm } from "./sale";

const PRODUCT: ListedProduct = {
  id: "berries",
  farm: "f",
  title: "Blueberries",
  subtitle: "",
  image: null,
  price_minor: 3990,
  list_price_minor: null,
  currency: "CNY",
  unit: "box",
  version: 1,
  images: [],
  sku: null,
  gtin: null,
  is_on_sale: true,
  variant_of: null,
  variant: "",
  weighed: null,
  components: [],
  gift: null,
  unproven: [],
  on_hand: 100,
  held: 10,
  sold: 20,
};
const NOW = Date.parse("2026-05-01T00:00:00Z");

describe("a sale", () => {
  const form = (change: Partial<SaleForm> = {}): SaleForm => ({
    ...emptySaleForm(),
    price: "29.9",
    units: "50",
    perPerson: "2",
    ...change,
  });

  it("opens as early as can be, and ends after so many minutes of the server's clock", () => {
    expect(checkSale(form({ endsAfterMin: 10, coupons: true }), PRODUCT, NOW)).toEqual({
      faults: null,
      body: {
        product: "berries",
        price_minor: 2990,
        units: 50,
        per_person_max: 2,
        opens_at: 0,
        closes_at: NOW + 600_000,
        coupons: true,
      },
    });
  });

  it("opens at its time, and its end counts from there", () => {
    const startsAt = "2026-05-02T10:00";
    const opens = new Date(startsAt).getTime();
    expect(checkSale(form({ start: "at", startsAt, endsAfterMin: 5 }), PRODUCT, NOW).body).toMatchObject({
      opens_at: opens,
      closes_at: opens + 300_000,
    });
  });

  it("that is opened by hand is closed by hand, and one without an end is, too", () => {
    expect(checkSale(form({ start: "hand", endsAfterMin: 10 }), PRODUCT, NOW).body).toMatchObject({
      opens_at: null,
      closes_at: null,
    });
    expect(checkSale(form({ endsAfterMin: 0 }), PRODUCT, NOW).body).toMatchObject({ opens_at: 0, closes_at: null });
  });

  it("may take all that is free, and no more", () => {
    expect(freeUnits(PRODUCT)).toBe(70);
    expect(checkSale(form({ units: "70" }), PRODUCT, NOW).body?.units).toBe(70);
    expect(checkSale(form({ units: "71" }), PRODUCT, NOW).faults).toEqual({ units: "above_stock" });
  });

  it.each<[Partial<SaleForm>, object]>([
    [{ price: "" }, { price: "required" }],
    [{ price: "0" }, { price: "out_of_range" }],
    [{ price: "29.999" }, { price: "not_money" }],
    [{ units: "" }, { units: "required" }],
    [{ units: "0" }, { units: "out_of_range" }],
    [{ units: "-3" }, { units: "out_of_range" }],
    [{ units: "1.5" }, { units: "not_a_number" }],
    [{ units: "many" }, { units: "not_a_number" }],
    [{ perPerson: "0" }, { perPerson: "out_of_range" }],
    [{ start: "at", startsAt: "" }, { startsAt: "required" }],
    [{ start: "at", startsAt: "soon" }, { startsAt: "pattern" }],
    [{ start: "at", startsAt: "2026-04-01T10:00" }, { startsAt: "past" }],
  ])("with %j is refused", (change, faults) => {
    expect(checkSale(form(change), PRODUCT, NOW)).toEqual({ body: null, faults });
  });

  it("needs a product", () => {
    expect(checkSale(form(), null, NOW).faults).toEqual({ product: "required" });
  });
});

describe("a change of stock", () => {
  const form = (change: Partial<StockForm> = {}): StockForm => ({ delta: "12", reason: "counted again", ...change });

  it.each<[string, number]>([
    ["12", 12],
    ["+12", 12],
    ["＋12", 12],
    ["-70", -70],
    ["−5", -5],
  ])("of %s is %i", (delta, units) => {
    expect(checkStock(form({ delta }), PRODUCT).body).toEqual({ delta: units, reason: "counted again" });
  });

  it.each<[Partial<StockForm>, object]>([
    [{ delta: "" }, { delta: "required" }],
    [{ delta: "0" }, { delta: "out_of_range" }],
    [{ delta: "1.5" }, { delta: "not_a_number" }],
    [{ delta: "some" }, { delta: "not_a_number" }],
    [{ delta: "-71" }, { delta: "above_stock" }],
    [{ reason: "  " }, { reason: "required" }],
    [{ reason: "x".repeat(201) }, { reason: "too_long" }],
  ])("with %j is refused", (change, faults) => {
    expect(checkStock(form(change), PRODUCT)).toEqual({ body: null, faults });
  });
});
