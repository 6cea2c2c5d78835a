import { expect, test } from "vitest";
import { announced } from "./announced";

const MINUTE_MS = 60_000;

test("a start is soon from half an hour before it", () => {
  expect(announced(31 * MINUTE_MS, 0)).toBe("later");
  expect(announced(30 * MINUTE_MS, 0)).toBe("soon");
  expect(announced(13 * 60 * MINUTE_MS, 0)).toBe("later");
});

test("a start that has passed is soon for three hours, and then nobody knows", () => {
  expect(announced(0, 180 * MINUTE_MS)).toBe("soon");
  expect(announced(0, 181 * MINUTE_MS)).toBe("unknown");
  expect(announced(null, 0)).toBe("unknown");
});
