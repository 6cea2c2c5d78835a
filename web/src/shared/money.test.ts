// Amounts are exact: what is typed is what is shown, in the digits of the currency.
import { describe, expect, it } from "vitest";
import { formatMoney, moneyParts, parseMoney } from "./money";

describe("money", () => {
  it("shows minor units, and no fraction that is only zeros", () => {
    expect(formatMoney(3990, "CNY", "zh-CN")).toBe("¥39.90");
    expect(formatMoney(2000, "CNY", "en")).toBe("¥20");
    expect(formatMoney(500, "JPY", "en")).toBe("¥500");
    expect(formatMoney(123_456_789, "USD", "en")).toBe("$1,234,567.89");
  });

  it("shows the zeros where prices stand one below the other, as far as the currency has them", () => {
    expect(formatMoney(500, "CNY", "zh-CN", "keep")).toBe("¥5.00");
    expect(formatMoney(3990, "CNY", "en", "keep")).toBe("¥39.90");
    expect(formatMoney(500, "JPY", "en", "keep")).toBe("¥500");
  });

  it("has its sign before the symbol", () => {
    expect(formatMoney(-3990, "CNY", "zh-CN")).toBe("-¥39.90");
    expect(formatMoney(-3990, "CNY", "en")).toBe("-¥39.90");
  });

  it("comes in parts", () => {
    expect(moneyParts(5, "CNY", "zh-CN")).toEqual({ symbol: "¥", whole: "0", fraction: ".05" });
    expect(moneyParts(500, "CNY", "zh-CN", "keep")).toEqual({ symbol: "¥", whole: "5", fraction: ".00" });
  });

  it("is read as it is typed, without rounding", () => {
    expect(["39.9", "39.90", "39", "0.05"].map((text) => parseMoney(text, "CNY"))).toEqual([3990, 3990, 3900, 5]);
  });

  it("is read in any way in which people write it", () => {
    expect(["1,234", "1 000", "39,9", "１２．５", "1,234.50"].map((text) => parseMoney(text, "CNY"))).toEqual([
      123_400, 100_000, 3990, 1250, 123_450,
    ]);
  });

  it("is not read from what is no amount", () => {
    expect(["", "x", "-1", "1.234", "1e3", "1 00", "1,2345"].map((text) => parseMoney(text, "CNY"))).toEqual(
      Array(7).fill(null),
    );
    expect(parseMoney("1.5", "JPY")).toBe(null);
  });
});
