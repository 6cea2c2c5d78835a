// A reader sees the words of their language where there are some, and the plain ones elsewhere.
import { describe, expect, it } from "vitest";
import { asStored, inLanguage, twoWords } from "./words";

const HONEY = {
  id: "honey",
  title: "山花蜜",
  titles: { zh: "山花蜜", en: "Mountain honey" },
  subtitle: "单一蜂场",
  subtitles: { en: "From a single apiary" },
  unit: "瓶",
  unit_names: { en: "jar" },
};
const BREAD = { id: "bread", title: "Bread", subtitle: null };
const ROOM = {
  title: "农场日",
  titles: { en: "Farm day" },
  host: { name: "青禾农场", names: { zh: "青禾农场", en: "Qinghe Farm" } },
  notice: "今天包邮",
  notices: { en: "Free delivery today" },
  pin: HONEY,
  bag: [HONEY, BREAD],
};

describe("a room", () => {
  it("is told in English", () => {
    const seen = inLanguage(ROOM, "en");
    expect([seen.title, seen.host.name, seen.notice]).toEqual(["Farm day", "Qinghe Farm", "Free delivery today"]);
    expect(seen.pin).toEqual({ ...HONEY, title: "Mountain honey", subtitle: "From a single apiary", unit: "jar" });
    expect(seen.bag[1]).toBe(BREAD);
  });

  it("is itself where its words are those of the reader", () => {
    expect(inLanguage(ROOM, "zh")).toBe(ROOM);
  });

  it("is made once, so that what stays is the same object", () => {
    const seen = inLanguage(ROOM, "en");
    const next = inLanguage({ ...ROOM, notice: "" }, "en");
    expect(next).not.toBe(seen);
    expect(next.bag).toBe(seen.bag);
    expect(seen.bag[0]).toBe(seen.pin);
  });

  it.each([null, undefined, 0, "", []])("may be %j", (nothing) => {
    expect(inLanguage(nothing, "en")).toBe(nothing);
  });
});

describe("a form", () => {
  it.each([
    ["农场日", undefined, "zh", { own: "农场日", other: "" }],
    ["农场日", { zh: "农场日", en: "Farm day" }, "zh", { own: "农场日", other: "Farm day" }],
    ["农场日", { zh: "农场日", en: "Farm day" }, "en", { own: "Farm day", other: "农场日" }],
    ["农场日", { en: "Farm day" }, "zh", { own: "农场日", other: "Farm day" }],
    ["农场日", { en: "Farm day" }, "en", { own: "Farm day", other: "农场日" }],
    ["农场日", { zh: "农场日" }, "en", { own: "农场日", other: "农场日" }],
  ] as const)("shows %j with %j in %s", (plain, words, own, two) => {
    expect(twoWords(plain, words, own)).toEqual(two);
  });

  it.each([
    [{ own: "农场日", other: "" }, "zh", { plain: "农场日", words: null }],
    [{ own: "Farm day", other: "" }, "en", { plain: "Farm day", words: null }],
    [{ own: "农场日", other: "Farm day" }, "zh", { plain: "农场日", words: { zh: "农场日", en: "Farm day" } }],
    [{ own: "Farm day", other: "农场日" }, "en", { plain: "农场日", words: { zh: "农场日", en: "Farm day" } }],
    [{ own: "", other: "Sweet" }, "zh", { plain: "Sweet", words: { en: "Sweet" } }],
  ] as const)("stores %j of who reads %s", (two, own, stored) => {
    expect(asStored(two, own)).toEqual(stored);
  });
});
