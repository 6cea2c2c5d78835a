// The small forms: coupon, card, room, words. Each makes the exact request, or names the field and the fault.
import { describe, expect, it } from "vitest";
import type { RoomView } from "@shared/wire";
import { checkCard, emptyCardForm, type CardForm } from "./card";
import { basisPoints, checkCoupon, checkTerms, emptyCouponForm, type CouponForm } from "./coupon";
import { checkRoom, checkRoomEdit, emptyRoomForm, roomEditForm, roomEditFormWithStart, type RoomForm } from "./room";
import { checkWords, editedWords } from "./words";

/** 2026-11-30 02:00 in Shanghai, and the 29th in UTC. */
const NOW_MS = Date.parse("2026-11-29T18:00:00Z");

describe("a coupon", () => {
  const check = (filled: CouponForm, title: string) => checkCoupon(filled, title, NOW_MS, "Asia/Shanghai");
  const form = (change: Partial<CouponForm> = {}): CouponForm => ({
    ...emptyCouponForm(),
    amount: "20",
    minSpend: "99",
    ...change,
  });

  it("takes the suggested title when none is given", () => {
    expect(check(form(), "¥20 off")).toEqual({
      faults: null,
      body: {
        title: "¥20 off",
        kind: "fixed",
        amount_minor: 2000,
        basis_points: 0,
        cap_minor: null,
        currency: "CNY",
        min_spend_minor: 9900,
        usable_until: null,
        products: null,
        audience: "everyone",
        people: null,
        total: 100,
        ends_in_s: 300,
      },
    });
  });

  it("may be a percentage with a cap, for products and people, until the end of a day of the shop's", () => {
    const change: Partial<CouponForm> = {
      kind: "percent",
      amount: "left from another kind",
      percent: "12.5",
      cap: "15",
      products: ["jam"],
      audience: "people",
      people: ["ann", "bob", "ann", "cy"],
      usableUntil: "2026-11-30",
    };
    expect(check(form(change), "off").body).toMatchObject({
      kind: "percent",
      amount_minor: 0,
      basis_points: 1250,
      cap_minor: 1500,
      products: ["jam"],
      audience: "people",
      people: ["ann", "bob", "cy"],
      usable_until: "2026-11-30",
    });
    expect(check(form({ ...change, usableUntil: "2026-11-29" }), "off").faults).toEqual({ usableUntil: "past" });
  });

  it("takes off all of the fee when no amount is given", () => {
    expect(check(form({ kind: "delivery", amount: "" }), "off").body).toMatchObject({
      kind: "delivery",
      amount_minor: 0,
      min_spend_minor: 9900,
    });
  });

  it.each([
    ["10", 1000],
    ["0.5", 50],
    ["12.25", 1225],
    ["１０", 1000],
    ["1.234", null],
    ["x", null],
    ["", null],
  ])("reads %j percent", (text, points) => {
    expect(basisPoints(text)).toBe(points);
  });

  it("has the same terms when it is given", () => {
    expect(checkTerms(form({ title: "Thanks" }), "", NOW_MS, "Asia/Shanghai").body).toEqual({
      title: "Thanks",
      kind: "fixed",
      amount_minor: 2000,
      basis_points: 0,
      cap_minor: null,
      currency: "CNY",
      min_spend_minor: 9900,
      usable_until: null,
    });
  });

  it("may have no end and no least spend", () => {
    expect(check(form({ title: "Mine", minSpend: "", endsInS: 0 }), "").body).toMatchObject({
      title: "Mine",
      min_spend_minor: 0,
      ends_in_s: null,
    });
  });

  it.each<[Partial<CouponForm>, object]>([
    [{ amount: "" }, { amount: "required" }],
    [{ amount: "x" }, { amount: "not_money" }],
    [{ amount: "0" }, { amount: "out_of_range" }],
    [{ minSpend: "10" }, { minSpend: "order" }],
    [{ minSpend: "1.999" }, { minSpend: "not_money" }],
    [{ total: 0 }, { total: "out_of_range" }],
    [{ total: 1.5 }, { total: "out_of_range" }],
    [{ endsInS: 4 }, { endsInS: "out_of_range" }],
    [{ title: "x".repeat(121) }, { title: "too_long" }],
    [{ kind: "percent" }, { percent: "required" }],
    [{ kind: "percent", percent: "x" }, { percent: "not_a_number" }],
    [{ kind: "percent", percent: "100.01" }, { percent: "out_of_range" }],
    [{ kind: "percent", percent: "0" }, { percent: "out_of_range" }],
    [{ kind: "percent", percent: "5", cap: "0" }, { cap: "out_of_range" }],
    [{ kind: "percent", percent: "5", cap: "x" }, { cap: "not_money" }],
    [{ kind: "delivery", amount: "0" }, { amount: "out_of_range" }],
    [{ audience: "people", people: [] }, { people: "required" }],
  ])("with %j is refused", (change, faults) => {
    expect(check(form(change), "off")).toEqual({ body: null, faults });
  });
});

describe("a card", () => {
  const form = (change: Partial<CardForm> = {}): CardForm => ({ ...emptyCardForm(), title: "Blueberries", ...change });

  it("may be a title alone, without a currency", () => {
    expect(checkCard(form(), "en").body).toEqual({
      title: "Blueberries",
      subtitle: null,
      image: null,
      price_minor: null,
      list_price_minor: null,
      currency: null,
      unit: null,
    });
  });

  it("has its prices in minor units", () => {
    expect(checkCard(form({ price: "39.9", listPrice: "59", unit: "500 g" }), "en").body).toMatchObject({
      price_minor: 3990,
      list_price_minor: 5900,
      currency: "CNY",
      unit: "500 g",
    });
  });

  it.each<[Partial<CardForm>, object]>([
    [{ title: " " }, { title: "required" }],
    [{ price: "cheap" }, { price: "not_money" }],
    [{ price: "59", listPrice: "39" }, { listPrice: "order" }],
    [{ unit: "x".repeat(41) }, { unit: "too_long" }],
  ])("with %j is refused", (change, faults) => {
    expect(checkCard(form(change), "en")).toEqual({ body: null, faults });
  });

  it("takes an upload, or a path of ours, as its picture", () => {
    for (const image of ["0123456789abcdefgh", "/demo/berries.svg"])
      expect(checkCard(form({ image }), "en").body?.image).toBe(image);
  });
});

describe("a room", () => {
  const NOW = Date.parse("2026-05-01T00:00:00Z");
  const form = (change: Partial<RoomForm> = {}): RoomForm => ({ ...emptyRoomForm(), title: "Farm day", ...change });

  it("needs a title alone", () => {
    expect(checkRoom(form(), "en", NOW).body).toEqual({
      id: null,
      title: "Farm day",
      host: null,
      starts_at: null,
      poster: null,
    });
  });

  it("sends its start as UTC", () => {
    const startsAt = "2026-05-02T10:00";
    expect(checkRoom(form({ startsAt, hostName: "Lin" }), "en", NOW).body).toMatchObject({
      starts_at: new Date(startsAt).toISOString(),
      host: { name: "Lin", avatar: null },
    });
  });

  it.each<[Partial<RoomForm>, object]>([
    [{ title: "" }, { title: "required" }],
    [{ id: "Farm Day" }, { id: "pattern" }],
    [{ id: "-farm" }, { id: "pattern" }],
    [{ startsAt: "2026-04-01T10:00" }, { startsAt: "past" }],
    [{ startsAt: "soon" }, { startsAt: "pattern" }],
  ])("with %j is refused", (change, faults) => {
    expect(checkRoom(form(change), "en", NOW)).toEqual({ body: null, faults });
  });

  it("has its start in the zone of the shop", () => {
    expect(checkRoom(form({ startsAt: "2026-05-01T08:01" }), "en", NOW, "Asia/Shanghai").body?.starts_at).toBe(
      "2026-05-01T00:01:00.000Z",
    );
    expect(checkRoom(form({ startsAt: "2026-05-01T08:00" }), "en", NOW, "Asia/Shanghai").faults).toEqual({
      startsAt: "past",
    });
    expect(checkRoom(form({ startsAt: "2027-03-14T02:30" }), "en", NOW, "America/New_York").faults).toEqual({
      startsAt: "clock_change",
    });
  });

  it("can have its start moved and taken back, but not into the past", () => {
    const show = { status: "scheduled", since_ts: 0, live_ts: null, starts_ts: NOW + 3_600_000 };
    const view = { title: "Farm day", host: { name: "Lin", avatar: null }, notice: "", show } as RoomView;
    const edit = roomEditFormWithStart(view, "en", "Asia/Shanghai");
    const moved = (startsAt: string, nowMs = NOW) =>
      checkRoomEdit({ ...edit, startsAt }, edit, null, "en", nowMs, "Asia/Shanghai");
    expect(edit.startsAt).toBe("2026-05-01T09:00");
    expect(moved("2026-05-01T10:30").body).toEqual({ starts_at: "2026-05-01T02:30:00.000Z" });
    expect(moved("").body).toEqual({ starts_at: null });
    expect(moved("2026-05-01T07:59").faults).toEqual({ startsAt: "past" });
    // It passed while nobody touched it: other things can still be changed.
    expect(moved("2026-05-01T09:00", NOW + 7_200_000).body).toEqual({});
  });

  it("sends only what was changed on it", () => {
    const view = {
      title: "Farm day",
      host: { name: "Lin", avatar: "/a.svg" },
      notice: "Hello",
      show: { starts_ts: null },
    } as RoomView;
    const filled = roomEditForm(view, "en");
    expect(checkRoomEdit(roomEditForm(view, "en"), filled, "/a.svg", "en").body).toEqual({});
    expect(checkRoomEdit({ ...filled, hostName: "Wu", notice: "" }, filled, "/a.svg", "en").body).toEqual({
      host: { name: "Wu", avatar: "/a.svg" },
      notice: "",
    });
    expect(
      checkRoomEdit({ ...filled, title: " ", hostName: "", notice: "x".repeat(201) }, filled, "/a.svg", "en").faults,
    ).toEqual({
      title: "required",
      hostName: "required",
      notice: "too_long",
    });
  });

  it("has its poster changed, and taken away", () => {
    const view = { title: "Farm day", host: { name: "Lin" }, notice: "", poster: "/p.png", show: {} } as RoomView;
    const filled = roomEditForm(view, "en");
    expect(filled.poster).toBe("/p.png");
    const id = "0123456789abcdefgh";
    expect(checkRoomEdit({ ...filled, poster: id }, filled, null, "en").body).toEqual({ poster: id });
    expect(checkRoomEdit({ ...filled, poster: "" }, filled, null, "en").body).toEqual({ poster: "" });
  });

  it("does not send back what somebody else has changed meanwhile", () => {
    const show = { status: "scheduled", starts_ts: NOW + 3_600_000 };
    const then = { title: "Old", host: { name: "Lin", avatar: "/a.svg" }, notice: "", show } as RoomView;
    const filled = roomEditFormWithStart(then, "en", "Asia/Shanghai");
    // By now the room is called New, and its start is another: neither is known here, nor sent.
    expect(
      checkRoomEdit({ ...filled, notice: "Back at 3" }, filled, "/a.svg", "en", NOW, "Asia/Shanghai").body,
    ).toEqual({
      notice: "Back at 3",
    });
    // The avatar goes with the name, so it is the one of now.
    expect(checkRoomEdit({ ...filled, hostName: "Wu" }, filled, "/new.svg", "en", NOW, "Asia/Shanghai").body).toEqual({
      host: { name: "Wu", avatar: "/new.svg" },
    });
  });
});

describe("words in the other language", () => {
  it("are sent with a card, and the plain ones are the Chinese", () => {
    const form = { ...emptyCardForm(), title: "Honey", titleOther: "蜂蜜 ", subtitleOther: "很甜", unit: "480 g" };
    expect(checkCard(form, "en").body).toMatchObject({
      title: "蜂蜜",
      titles: { zh: "蜂蜜", en: "Honey" },
      subtitle: "很甜",
      subtitles: { zh: "很甜" },
      unit: "480 g",
    });
    expect(checkCard(form, "en").body).not.toHaveProperty("unit_names");
    expect(checkCard({ ...form, titleOther: "蜜".repeat(121) }, "en").faults).toEqual({ titleOther: "too_long" });
  });

  it("are sent with a new room", () => {
    expect(checkRoom({ ...emptyRoomForm(), title: "农场日", titleOther: "Farm day" }, "zh", 0).body).toEqual({
      id: null,
      title: "农场日",
      titles: { zh: "农场日", en: "Farm day" },
      host: null,
      starts_at: null,
      poster: null,
    });
  });

  it("are filled in, changed and taken away on a room", () => {
    const view = {
      title: "农场日",
      titles: { zh: "农场日", en: "Farm day" },
      host: { name: "青禾农场", avatar: null, names: { en: "Qinghe Farm" } },
      notice: "",
      show: { starts_ts: null },
    } as unknown as RoomView;
    const filled = roomEditForm(view, "en");
    expect(filled).toEqual({
      title: "Farm day",
      titleOther: "农场日",
      hostName: "Qinghe Farm",
      notice: "",
      noticeOther: "",
      poster: "",
    });
    const edit = (change: Partial<typeof filled>) => checkRoomEdit({ ...filled, ...change }, filled, null, "en").body;
    expect(edit({})).toEqual({});
    expect(edit({ title: "Opening" })).toEqual({ title: "农场日", titles: { zh: "农场日", en: "Opening" } });
    expect(edit({ titleOther: "" })).toEqual({ title: "Farm day", titles: null });
    expect(edit({ notice: "Back at 3", noticeOther: "三点回来" })).toEqual({
      notice: "三点回来",
      notices: { zh: "三点回来", en: "Back at 3" },
    });
    expect(edit({ notice: "Back at 3" })).toEqual({ notice: "Back at 3" });
  });
});

describe("a text", () => {
  const filled = { title: "Farm day", titleOther: "", hostName: "Lin", notice: "", noticeOther: "", poster: "" };
  const edit = (title: string) => checkRoomEdit({ ...filled, title }, filled, null, "en");

  it("is counted and sent as the server keeps it", () => {
    // Each is one letter to people and to the server, and two or three code points as some keyboards write it.
    expect(edit("e\u0302\u0301".repeat(120)).body).toEqual({ title: "\u1ebf".repeat(120) });
    expect(edit("e\u0302\u0301".repeat(121)).faults).toEqual({ title: "too_long" });
    expect(edit("🫐".repeat(120)).body).toEqual({ title: "🫐".repeat(120) });
    expect(edit("  Farm \n  night ").body).toEqual({ title: "Farm night" });
  });
});

describe("word lists", () => {
  it("keep what somebody else has added and taken out meanwhile", () => {
    const filled = { block: ["a", "b", "c"], hold: ["h"] };
    const wanted = { block: ["a", "c", "d", "e"], hold: ["h"] };
    const now = { block: ["b", "c", "e", "x"], hold: [] };
    expect(editedWords(filled, wanted, now)).toEqual({ block: ["c", "e", "x", "d"], hold: [] });
    expect(editedWords(filled, wanted, filled)).toEqual({ block: ["a", "c", "d", "e"], hold: ["h"] });
  });

  it("have each word once, without blanks", () => {
    expect(checkWords({ block: " a \n\nb\r\na", hold: "" }).body).toEqual({ block: ["a", "b"], hold: [] });
  });

  it("refuse a word that is too long", () => {
    expect(checkWords({ block: "x".repeat(61), hold: "" }).faults).toEqual({ block: "too_long" });
  });
});
