import { expect, it } from "vitest";
import { allOf, hasWords } from "./search";

it("finds every word, in whichever language and case", () => {
  const texts = [...allOf("East gate", { "zh-CN": "东门" }), "1 Lane", null];
  for (const q of ["", " ", "east", "GATE 1", "东门 lane"]) expect(hasWords(q, texts)).toBe(true);
  for (const q of ["west", "east road"]) expect(hasWords(q, texts)).toBe(false);
});
