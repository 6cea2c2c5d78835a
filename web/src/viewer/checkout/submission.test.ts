// What was ordered and not answered is sent again as it was: one order, whatever happened to the page meanwhile.
import { beforeEach, describe, expect, it } from "vitest";
import { visit } from "@shared/store";
import {
  forgetSubmission,
  goesTo,
  isSameOrder,
  keepSubmission,
  subject,
  submissionOf,
  type Purchase,
  type Submission,
} from "./submission";

const NOW = 1_700_000_000_000;
const tap: Purchase = { hold: "h1" };
const sent: Submission = { person: "mei", subject: subject(tap), key: "k1", body: { hold: "h1" }, ts: NOW };

beforeEach(() => visit.remove("livehub.orders"));

describe("what a purchase is told by", () => {
  it("is the hold, or its products and how many, in whatever order they stand", () => {
    const [a, b] = [
      { product: "a", qty: 1 },
      { product: "b", qty: 2 },
    ];
    expect(subject(tap)).toBe("hold:h1");
    expect(subject({ lines: [a, b], fromCart: true })).toBe(subject({ lines: [b, a], fromCart: false }));
    expect(subject({ lines: [a, b], fromCart: true })).not.toBe(
      subject({ lines: [a, { ...b, qty: 3 }], fromCart: true }),
    );
  });
});

describe("what was sent before", () => {
  const body = { hold: "h1", address: "home", slot: "s1", coupon: null, expect_total_minor: 5_000, note: "" };

  it("is what would be sent now, whatever it comes to and however it was kept", () => {
    const kept = JSON.parse(
      JSON.stringify({ ...body, delivery_coupon: undefined, expect_total_minor: 4_000 }),
    ) as typeof body;
    expect(isSameOrder(kept, { ...body, note: "" })).toBe(true);
  });

  it("is something else once anything else was chosen", () => {
    const others = [{ address: "work" }, { slot: "s2" }, { coupon: "c1" }, { note: "Ring twice" }, { hold: "h2" }];
    for (const other of others) expect(isSameOrder(body, { ...body, ...other })).toBe(false);
    expect(isSameOrder(body, { hold: "h1", address: "home", slot: "s1", note: "" })).toBe(false);
  });

  it("went to a place, and not to what its address says by now", () => {
    const home = { name: "王梅", phone: "+8613800138000", region: "310115", line: "Century Avenue 1" };
    expect(goesTo(home, { ...home })).toBe(true);
    expect(goesTo(home, { ...home, line: "Century Avenue 900" })).toBe(false);
    expect(goesTo(null, null)).toBe(true);
    expect(goesTo(null, home)).toBe(false);
  });
});

describe("an order without an answer", () => {
  it("is there with its key and its body for who sent it, and for the same purchase", () => {
    keepSubmission(sent, NOW);
    expect(submissionOf("mei", tap, NOW + 1)).toEqual(sent);
    expect(submissionOf("li", tap, NOW + 1)).toBeNull();
    expect(submissionOf("mei", { hold: "h2" }, NOW + 1)).toBeNull();
  });

  it("is gone once it is answered, and after half an hour", () => {
    keepSubmission(sent, NOW);
    expect(submissionOf("mei", tap, NOW + 30 * 60_000)).toBeNull();
    forgetSubmission("k1", NOW);
    expect(submissionOf("mei", tap, NOW)).toBeNull();
  });

  it("is nothing where the browser has something else of that name", () => {
    visit.setJson("livehub.orders", [{ person: "mei" }, 7, null]);
    expect(submissionOf("mei", tap, NOW)).toBeNull();
  });
});
