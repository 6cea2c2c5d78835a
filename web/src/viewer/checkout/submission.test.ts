// What was ordered and not answered is sent again as it was: one order, whatever happened to the page meanwhile.
import { beforeEach, describe, expect, it } from "vitest";
import { visit } from "@shared/store";
import { forgetSubmission, keepSubmission, subject, submissionOf, type Purchase, type Submission } from "./submission";

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
