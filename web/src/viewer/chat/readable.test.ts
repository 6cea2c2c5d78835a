// However fast the chat is, a person sees a few lines at a time, in order, and never loses their own or the host's.
import { describe, expect, it } from "vitest";
import type { ChatLine } from "@shared/wire";
import { readable } from "./readable";

const line = (n: number, user = `u${n}`, badge?: ChatLine["badge"]): ChatLine => ({
  id: `l${n}`,
  user,
  name: user,
  role: "host", // of whatever room: only a badge says that it is this one
  text: "",
  ts: n,
  badge,
});
const lines = (count: number): ChatLine[] => Array.from({ length: count }, (_, n) => line(n));
const ids = (some: readonly ChatLine[]): string[] => some.map((one) => one.id);

describe("readable chat", () => {
  it("shows everything while it is slow", () => {
    expect(ids(readable(lines(3), 3, null))).toEqual(["l0", "l1", "l2"]);
  });

  it("is thinned evenly, in order, when it is fast", () => {
    expect(ids(readable(lines(100), 4, null))).toEqual(["l12", "l37", "l62", "l87"]);
  });

  it("keeps our own lines and those of staff", () => {
    const busy = [...lines(50), line(50, "me"), line(51, "h", "host"), ...lines(100).slice(52)];
    const shown = readable(busy, 3, "me");
    expect(shown).toHaveLength(3);
    expect(ids(shown)).toEqual(expect.arrayContaining(["l50", "l51"]));
  });

  it("shows all of them even past the bound", () => {
    const host = Array.from({ length: 5 }, (_, n) => line(n, "h", "host"));
    expect(readable([...host, line(9)], 2, null)).toHaveLength(5);
  });
});
