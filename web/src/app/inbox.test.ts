// Direct messages become what the page can show; what it does not know is left alone, and so stays unread.
import { describe, expect, it } from "vitest";
import { messageOf } from "./inbox";

describe("direct messages", () => {
  it("say what was won", () => {
    const data = { room: "demo", quiz: "q", question: "How sweet?", rank: 2 };
    expect(messageOf({ id: "d1", type: "quiz_won", ts: 5, data })).toEqual({
      kind: "quiz_won",
      id: "d1",
      ts: 5,
      ...data,
      coupon: null,
    });
  });

  it("say what the host answered, and survive missing members", () => {
    expect(messageOf({ id: "d2", type: "question_answered", ts: 5, data: { text: "Organic?" } })).toEqual({
      kind: "question_answered",
      id: "d2",
      ts: 5,
      room: "",
      question: "",
      text: "Organic?",
      answer: "",
    });
  });

  it("say that it was our turn, and keep quiet about what is no hold", () => {
    const hold = { id: "h", state: "held", lines: [{ sale: "s", qty: 1 }], expires_ts: 9 };
    expect(messageOf({ id: "d4", type: "hold", ts: 5, data: { hold, key: "k" } })).toEqual({
      kind: "hold",
      id: "d4",
      ts: 5,
      hold,
    });
    expect(messageOf({ id: "d5", type: "hold", ts: 5, data: { hold: { id: "h" } } })).toBe(null);
  });

  it("say that a copy of one's data is ready", () => {
    const data = { export: "x1", ends: "2026-12-01T00:00:00Z" };
    expect(messageOf({ id: "d6", type: "export_ready", ts: 5, data })).toEqual({
      kind: "export_ready",
      id: "d6",
      ts: 5,
    });
  });

  it("say what the server has words for, in both languages, and link to pages of this site alone", () => {
    const data = { template: "paid", titles: { zh: "支付成功", en: "Paid" }, texts: { zh: "¥1", en: "¥1" } };
    const message = { kind: "notice", id: "d7", ts: 5, titles: data.titles, texts: data.texts };
    const of = (link: unknown) => messageOf({ id: "d7", type: "notice", ts: 5, data: { ...data, link } });
    expect(of("/orders/1")).toEqual({ ...message, link: "/orders/1" });
    for (const odd of [null, undefined, 7, "orders/1", "//evil.example", "/\\evil.example", "https://evil.example"])
      expect(of(odd)).toEqual({ ...message, link: null });
    expect(messageOf({ id: "d7", type: "notice", ts: 5, data: { ...data, texts: { zh: "¥1" } } })).toBe(null);
    expect(messageOf({ id: "d7", type: "notice", ts: 5, data: { texts: data.texts } })).toBe(null);
  });

  it("of a type we do not know are not shown", () => {
    expect(messageOf({ id: "d3", type: "from_the_future", ts: 5, data: {} })).toBe(null);
  });
});
