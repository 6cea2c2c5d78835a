import { expect, test } from "vitest";
import { dayTime } from "./day-time";

const at = (day: number, hour: number, minute = 0): number => new Date(2026, 10, day, hour, minute).getTime();
const NOW = at(29, 14);

test("the hour alone for today, unless the day is asked for", () => {
  expect(dayTime(at(29, 20), NOW, "zh-CN")).toBe("20:00");
  expect(dayTime(at(29, 20), NOW, "zh-CN", { today: true })).toBe("今天 20:00");
  expect(dayTime(at(29, 20), NOW, "en", { today: true })).toBe("Today 20:00");
});

test("tomorrow and yesterday by name, however few hours away", () => {
  expect(dayTime(at(30, 9, 30), NOW, "zh-CN")).toBe("明天 09:30");
  expect(dayTime(at(30, 0), at(29, 23, 59), "en")).toBe("Tomorrow 00:00");
  expect(dayTime(at(30, 0), NOW, "en", { within: true })).toBe("tomorrow 00:00");
  expect(dayTime(at(28, 23), NOW, "zh-CN")).toBe("昨天 23:00");
});

test("another day by its date, and of another year with that", () => {
  expect(dayTime(new Date(2026, 11, 3, 20).getTime(), NOW, "zh-CN")).toBe("12月3日 20:00");
  expect(dayTime(new Date(2026, 11, 3, 20).getTime(), NOW, "en")).toBe("Dec 3, 20:00");
  expect(dayTime(new Date(2027, 0, 2, 20).getTime(), NOW, "zh-CN")).toBe("2027年1月2日 20:00");
});
