// Lengths of time for people say 0 when it is over, and not before.
import { describe, expect, it } from "vitest";
import { clockText, countdownText, minutesText } from "./duration";

describe("a length of time", () => {
  it.each([
    [598_001, "00:09:59"],
    [598_000, "00:09:58"],
    [1, "00:00:01"],
    [0, "00:00:00"],
    [-5, "00:00:00"],
    [93_600_000, "26:00:00"],
  ])("of %i ms counts down as %s", (ms, text) => {
    expect(countdownText(ms)).toBe(text);
  });

  it.each([
    [581_000, "09:41"],
    [5_400_000, "90:00"],
    [600_999, "10:00"],
    [999, "00:00"],
    [-5, "00:00"],
  ])("of %i ms is %s in minutes, and never more than it is", (ms, text) => {
    expect(minutesText(ms)).toBe(text);
  });

  it.each([
    [7_000, "0:07"],
    [760_000, "12:40"],
    [3_723_000, "1:02:03"],
  ])("of %i ms is %s in short", (ms, text) => {
    expect(clockText(ms)).toBe(text);
  });
});
