// Moments are those of the shop, wherever staff are.
import { expect, it } from "vitest";
import { clockIn } from "./clock";

const MS = Date.UTC(2026, 10, 29, 18, 30, 5);

it("shows the time and the day of the shop", () => {
  const shanghai = clockIn("en", "Asia/Shanghai", "Europe/Berlin");
  expect([shanghai.time(MS), shanghai.day(MS), shanghai.moment(MS)]).toEqual(["02:30:05", "Mon, November 30", "Nov 30, 02:30"]);
  expect(clockIn("en", "Europe/Berlin", "Europe/Berlin").time(MS)).toBe("19:30:05");
});

it("names the zone only to who is in another", () => {
  expect(clockIn("en", "Asia/Shanghai", "Europe/Berlin").zone).toBe("China Time");
  expect(clockIn("en", "Asia/Shanghai", "Asia/Shanghai").zone).toBe("");
});
