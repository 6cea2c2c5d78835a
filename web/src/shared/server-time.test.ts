// Countdowns hold on a device whose clock is an hour wrong, and do not shiver on one whose clock is right.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { heardDate, serverNow } from "./server-time";

const NOW = Date.parse("2026-11-30T08:00:00.700Z");
const HOUR_MS = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => {
  heardDate("Mon, 30 Nov 2026 08:00:00 GMT", NOW);
  vi.useRealTimers();
});

it.each([HOUR_MS, -HOUR_MS])("is the server's within a second where the device is %d ms wrong", (wrongMs) => {
  vi.setSystemTime(NOW + wrongMs);
  heardDate("Mon, 30 Nov 2026 08:00:00 GMT", Date.now());
  expect(Math.abs(serverNow() - NOW)).toBeLessThanOrEqual(1_000);
});

it("is the device's where that is right, whatever was cut off the second", () => {
  for (const date of ["Mon, 30 Nov 2026 08:00:00 GMT", "Mon, 30 Nov 2026 07:59:59 GMT"]) {
    heardDate(date, Date.now());
    expect(serverNow()).toBe(NOW);
  }
});

it("keeps what it knew where an answer says no date", () => {
  vi.setSystemTime(NOW + HOUR_MS);
  heardDate("Mon, 30 Nov 2026 08:00:00 GMT", Date.now());
  heardDate(null, Date.now());
  heardDate("yesterday", Date.now());
  expect(Math.abs(serverNow() - NOW)).toBeLessThanOrEqual(1_000);
});
