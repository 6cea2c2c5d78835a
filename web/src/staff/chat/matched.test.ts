// Exactly the words that matched are marked, and lines that say the same are found.
import { describe, expect, it } from "vitest";
import { alike, piecesOf } from "./matched";

const at = (word: string, ...places: [number, number][]) => ({
  word,
  places: places.map(([start, end]) => ({ start, end })),
});

describe("the words that matched", () => {
  it("are marked in their places", () => {
    expect(piecesOf("有 哈密 瓜吗", [at("哈密瓜", [2, 6])])).toEqual([
      { text: "有 ", words: [] },
      { text: "哈密 瓜", words: ["哈密瓜"] },
      { text: "吗", words: [] },
    ]);
  });

  it("are counted in UTF-16, so that emoji move nothing", () =>
    expect(piecesOf("🍉x", [at("x", [2, 3])])[1]).toEqual({ text: "x", words: ["x"] }));

  it("may overlap and touch", () => {
    expect(piecesOf("abcd", [at("ab", [0, 2]), at("bc", [1, 3])])).toEqual([
      { text: "abc", words: ["ab", "bc"] },
      { text: "d", words: [] },
    ]);
  });

  it("are nowhere beyond the text", () => {
    expect(piecesOf("ab", [at("b", [1, 9], [5, 6])])).toEqual([
      { text: "a", words: [] },
      { text: "b", words: ["b"] },
    ]);
    expect(piecesOf("ab", [])).toEqual([{ text: "ab", words: [] }]);
    expect(piecesOf("", [])).toEqual([]);
  });
});

describe("lines alike", () => {
  const row = (id: string, text: string, reason = "word") => ({ id, reason, line: { text } });
  it("say the same but for case, width and spaces, for the same reason", () => {
    const found = alike([row("1", "Buy me"), row("2", "other"), row("3", "ＢＵＹ  ME"), row("4", "buy me", "report")]);
    expect([...found]).toEqual([
      ["1", ["1", "3"]],
      ["3", ["1", "3"]],
      ["2", ["2"]],
      ["4", ["4"]],
    ]);
  });
});
