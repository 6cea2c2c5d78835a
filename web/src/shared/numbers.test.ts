// What people type is the number that they mean, or it is none; it is never silently another.
import { describe, expect, it } from "vitest";
import { decimalsOf, decimalText, typedNumber } from "./numbers";

describe("a typed number", () => {
  it.each([
    ["12", 12],
    [" 12.5 ", 12.5],
    ["-3", -3],
    ["+3", 3],
    ["0.05", 0.05],
    ["007", 7],
    ["1,234", 1234],
    ["1,234,567.89", 1_234_567.89],
    ["12,5", 12.5],
    ["12,50", 12.5],
    ["0,125", 0.125],
    ["1.234", 1.234],
    ["1.234.567", 1_234_567],
    ["1.234,5", 1234.5],
    ["1 234", 1234],
    ["1\u2009234,5", 1234.5],
    ["1\u202f234\u00a0567", 1_234_567],
    ["1 234,567", 1234.567],
    ["1'234.5", 1234.5],
    ["1’234", 1234],
    ["１２", 12],
    ["１，２３４．５", 1234.5],
    ["－１２", -12],
    ["−12", -12],
    ["- 12", -12],
    ["\u0661\u0662\u066b\u0665", 12.5],
    ["\u0661\u066c\u0662\u0663\u0664", 1234],
    ["\u06f1\u06f2", 12],
    ["\u0967\u0968", 12],
    ["１2", 12],
    ["999999999.999999", 999_999_999.999999],
  ])("%s is %d", (text, value) => {
    expect(typedNumber(text)).toBe(value);
  });

  it.each([
    "x",
    "12a",
    "1e3",
    "0x10",
    "--1",
    "1-",
    "-",
    ".",
    ",",
    "1.",
    ".5",
    "1,",
    "1..2",
    "1,2345",
    "1,23,456",
    "12,34,567",
    "1 2",
    "1 23",
    "12 34",
    "1,234 567",
    "1,234,56",
    "0,123,456",
    "1.2.3",
    "1'2",
    "1 234 56",
    "1,234.5.6",
    "十二",
    "½",
    "１二",
    "∞",
    "1/2",
    "1:2",
    "1234567890123456",
    "0.1234567890123456",
    "12\u200b5x",
  ])("%s is none", (text) => {
    expect(typedNumber(text)).toBeNaN();
  });

  it("is nothing where nothing was typed", () => {
    expect([typedNumber(""), typedNumber(" \u3000")]).toEqual([null, null]);
  });

  it("is written in one way, with the zeros that were typed", () => {
    expect([decimalText("１，２３４．５０"), decimalText("-0,5"), decimalText("x")]).toEqual(["1234.50", "-0.5", null]);
  });

  it("has so many digits after the point", () => {
    expect([5, 0.5, 12.25, 1e-7, 1.5e-7, 1e21].map(decimalsOf)).toEqual([0, 1, 2, 7, 8, 0]);
  });
});
