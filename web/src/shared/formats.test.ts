// Every format by its name, in both languages and in 24 hours.
import { expect, it } from "vitest";
import {
  bitRateText,
  measuredText,
  numberText,
  shortCount,
  sizeText,
  timeText,
  zoneText,
  type NumberFormat,
} from "./formats";

const TS = Date.UTC(2026, 11, 3, 12, 0, 5);

it("tells times of the shop in its zone", () => {
  const told = (locale: string): string[] =>
    (["hour", "second", "moment", "dated", "day"] as const).map((each) => timeText(TS, each, locale, "Asia/Shanghai"));
  expect(told("zh-CN")).toEqual(["20:00", "20:00:05", "12月3日 20:00", "2026年12月3日 20:00", "12月3日周四"]);
  expect(told("en")).toEqual(["20:00", "20:00:05", "Dec 3, 20:00", "Dec 3, 2026, 20:00", "Thu, December 3"]);
});

it("calls a zone by what it is from Greenwich in both languages", () => {
  expect(["zh-CN", "en"].map((locale) => zoneText(TS, locale, "Asia/Shanghai"))).toEqual(["GMT+8", "GMT+8"]);
});

it("says midnight as 00:00", () => {
  expect(timeText(Date.UTC(2026, 0, 1), "hour", "en", "UTC")).toBe("00:00");
  expect(timeText(Date.UTC(2026, 0, 1), "hour", "zh-CN", "UTC")).toBe("00:00");
});

it.each<[NumberFormat, number, string, string]>([
  ["whole", 12_345.6, "12,346", "12,346"],
  ["tenths", 3, "3.0", "3.0"],
  ["toTenths", 3, "3", "3"],
  ["toHundredths", 3.14159, "3.14", "3.14"],
  ["short", 12_345, "1.2万", "12.3K"],
  ["share", 0.42, "42%", "42%"],
  ["loss", 0.0031, "0.3%", "0.3%"],
])("tells a number as %s", (format, value, zh, en) => {
  expect([numberText(value, format, "zh-CN"), numberText(value, format, "en")]).toEqual([zh, en]);
});

it("shortens large counts alone", () => {
  expect([9_999, 10_000, 123_456].map((count) => shortCount(count, "zh-CN"))).toEqual(["9,999", "1万", "12.3万"]);
});

it("keeps the digits that the steps of a value have", () => {
  expect([measuredText(12, 1, "en"), measuredText(12.345, 0, "en"), measuredText(1, 3, "en")]).toEqual([
    "12.0",
    "12.35",
    "1.000",
  ]);
});

it("tells rates and sizes in units of their size", () => {
  expect([bitRateText(640_400, "en"), bitRateText(2_500_000, "en")]).toEqual(["640 kbit/s", "2.5 Mbit/s"]);
  expect([10, 2_340_000, 3_400_000_000].map((bytes) => sizeText(bytes, "en"))).toEqual(["0.1 MB", "2.3 MB", "3.4 GB"]);
});
