// Every kind of event is told by its kind, and says what it was about where that is known.
import { describe, expect, it } from "vitest";
import type { PastEvent } from "@shared/api-types";
import en from "../locales/en.json";
import zh from "../locales/zh-CN.json";
import { KINDS } from "./kinds";
import { namesOf, tellingOf, titlesOf } from "./telling";

const event = (type: string, data: Record<string, unknown> = {}): PastEvent => ({
  id: type,
  ts: 1,
  type,
  data,
  by: null,
  about: null,
  was: null,
  became: null,
  line: null,
  reason: "",
  ended: null,
});
const told = (type: string, data: Record<string, unknown> = {}, earlier: PastEvent[] = []) =>
  tellingOf(event(type, data), titlesOf(earlier));

describe("telling what was done", () => {
  it("names things in their own words", () => {
    expect(told("pin", { card: { id: "c1", title: "Honey" } })).toEqual({ key: "pin", subject: "Honey" });
    expect(told("sale_open", { sale: { id: "s1", card: { id: "c1", title: "Honey" } } })).toEqual({
      key: "sale_open",
      subject: "Honey",
    });
    expect(told("held_reject", { line: { name: "Mei", text: "hm" } })).toEqual({ key: "held_reject", subject: "hm" });
    expect(told("question_dismiss", { question: { text: "Sweet?" } })).toEqual({
      key: "question_dismiss",
      subject: "Sweet?",
    });
    expect(told("camera_remove", { name: "Barn" })).toEqual({ key: "camera_remove", subject: "Barn" });
    expect(told("stock", { title: "Honey", delta: -3, reason: "broken" })).toEqual({
      key: "stock",
      subject: "Honey",
      delta: -3,
      reason: "broken",
    });
    expect(told("words", { added: 2, removed: 0 })).toEqual({ key: "words", subject: "", added: 2, removed: 0 });
    expect([told("cut", { name: "Barn" }), told("cut")]).toEqual([
      { key: "cut", subject: "Barn" },
      { key: "cut_slate", subject: "" },
    ]);
    expect(told("quiz_open", { quiz: { id: "q", question: "How sweet?" } })).toEqual({
      key: "quiz_open",
      subject: "How sweet?",
    });
  });

  it("knows ids by what was told before, and says none", () => {
    const earlier = [
      event("bag_put", { card: { id: "c1", title: "Honey" } }),
      event("quiz_open", { quiz: { id: "q", question: "How sweet?" } }),
    ];
    expect(told("bag_remove", { card: "c1" }, earlier)).toEqual({ key: "bag_remove", subject: "Honey" });
    expect(told("quiz_result", { quiz: "q", result: { winners_total: 3 } }, earlier)).toEqual({
      key: "quiz_result",
      subject: "How sweet?",
      winners: 3,
    });
    expect(told("bag_remove", { card: "c2" }, earlier)).toEqual({ key: "bag_remove", subject: "" });
    expect(told("chat_delete", { line: "l" })).toEqual({ key: "chat_delete", subject: "" });
  });

  it("says of a line what it said, also when it is gone, and for which words it was held", () => {
    const line = { id: "l", user: "mei", name: "Mei", role: "viewer", text: "cheap watches", ts: 1 } as const;
    expect(tellingOf({ ...event("chat_delete", { line: "l" }), line }, new Map())).toEqual({
      key: "chat_delete",
      subject: "cheap watches",
    });
    expect(told("held", { line, matched: [{ word: "watch" }, { word: "cheap" }] })).toEqual({
      key: "held",
      subject: "cheap watches",
      words: "watch, cheap",
    });
  });

  it("says until when somebody is muted, why, and that a ban is for good", () => {
    expect(tellingOf({ ...event("mute", { user: "m", until_ts: 77 }), reason: "rude" }, new Map())).toEqual({
      key: "mute",
      subject: "",
      until: 77,
      reason: "rude",
    });
    expect(told("ban", { user: "m", until_ts: 253_402_300_799_000 }).until).toBeNull();
  });

  it("has words for every type of every kind, in both languages", () => {
    const keys: string[] = Object.values(KINDS)
      .flat()
      .map((type) => told(type, { seconds: 1, name: "x", until_ts: 1, show: { status: "live" }, program: {} }).key);
    expect(keys).not.toContain("other");
    for (const { type } of [en.ops.log, zh.ops.log]) expect(keys.filter((key) => !(key in type))).toEqual([]);
  });

  it("calls lifting a ban by its name", () => {
    expect([told("ban").key, told("unban").key, told("unmute").key]).toEqual(["ban", "unban", "unmute"]);
  });

  it("tells a start from a return, and a start that is announced", () => {
    expect(told("show", { show: { status: "live", since_ts: 5, live_ts: 5 } }).key).toBe("show_live");
    expect(told("show", { show: { status: "live", since_ts: 9, live_ts: 5 } }).key).toBe("show_resumed");
    expect(told("show", { show: { status: "scheduled", starts_ts: 77 } })).toEqual({
      key: "show_starts",
      subject: "",
      moment: 77,
    });
    expect(told("show", { show: { status: "scheduled", starts_ts: null } }).key).toBe("show_scheduled");
    expect(told("slow_mode", { seconds: 10 })).toEqual({ key: "slow_mode", subject: "", seconds: 10 });
    expect(told("slow_mode", { seconds: 0 }).key).toBe("slow_mode_off");
  });

  it("tells what viewers saw", () => {
    expect(told("camera", { program: { camera: "a", name: "Phone" }, reason: "cut" })).toEqual({
      key: "camera",
      subject: "Phone",
    });
    expect(told("camera", { program: { camera: null, name: "" }, reason: "cut" }).key).toBe("camera_slate");
    expect(told("camera", { program: { camera: null, name: "" }, reason: "lost" }).key).toBe("camera_lost");
    expect(told("camera", { program: null, reason: "end" }).key).toBe("camera_end");
  });

  it("leaves nothing unsaid that a later version does", () =>
    expect(told("dance")).toEqual({ key: "other", subject: "dance" }));

  it("finds names by id", () => {
    const named = { ...event("mute"), by: { id: "o", name: "Ops" }, about: { id: "m", name: "" } };
    expect([...namesOf([named])]).toEqual([["o", "Ops"]]);
  });
});
