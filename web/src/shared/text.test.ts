// What is cut is cut between characters as people see them.
import { describe, expect, it } from "vitest";
import { charsOf, fitting, shortened } from "./text";

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

describe("how long a text is", () => {
  it.each([
    ["蓝莓", 2],
    ["🩷🩷", 2],
    ["👩\u200d🌾", 3],
    ["tie\u0302\u0301ng", 5],
    ["  a \u3000 b  ", 3],
  ])("%s is %d, as the server counts", (text, chars) => {
    expect(charsOf(text)).toBe(chars);
  });
});

describe("what fits", () => {
  it.each([
    ["abc", 3, 3, "abc", 3],
    ["abcd", 4, 3, "abc", 3],
    ["🩷🩷🩷", 6, 2, "🩷🩷", 4],
    ["ab👩\u200d🌾", 7, 4, "ab", 2],
    ["tie\u0302\u0301", 5, 3, "tie\u0302\u0301", 5],
    // Written in the middle of what is full already: what stood there stays.
    ["a🩷bc", 3, 3, "abc", 1],
    ["xxabc", 2, 3, "abc", 0],
    ["abcdef", 0, 4, "abcd", 0],
  ])("of %s, written up to %d, %d at most, is %s", (text, caret, max, kept, at) => {
    expect(fitting(text, caret, max)).toEqual({ text: kept, caret: at });
  });

  it("is found of a book in no time", () => {
    expect(charsOf(fitting("蓝莓 ".repeat(30_000), 90_000, 200).text)).toBe(200);
  });
});
