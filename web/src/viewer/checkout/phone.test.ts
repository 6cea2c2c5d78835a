import { expect, test } from "vitest";
import { masked } from "./phone";

test.each([
  ["+8613800138000", "138****8000"],
  ["+442071838750", "+44****8750"],
  ["+862150421234", "+86****1234"],
  ["+12345", "+12345"],
])("%s is shown as %s", (number, shown) => {
  expect(masked(number)).toBe(shown);
});
