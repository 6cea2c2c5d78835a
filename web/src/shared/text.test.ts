// What is cut is cut between characters as people see them.
import { describe, expect, it } from "vitest";
import { shortened } from "./text";

describe("a text that is too long", () => {
  it.each([
    ["hello", 5, "hello"],
    ["hello", 4, "hell"],
    ["Mei 🩷", 4, "Mei "],
    ["ab👩\u200d🌾", 4, "ab"],
    ["🇨🇳🇬🇧", 3, "🇨🇳"],
    ["ae\u0301", 2, "a"],
    ["蓝莓蓝莓", 2, "蓝莓"],
  ])("%s of %d characters at most is %s", (text, max, kept) => {
    expect(shortened(text, max)).toBe(kept);
  });
});
