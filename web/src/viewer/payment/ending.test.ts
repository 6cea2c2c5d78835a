// A payment is finished, not finished, or not known yet; it has never failed while nobody knows.
import { describe, expect, it } from "vitest";
import type { Order } from "@shared/api-types";
import { canPay, endingOf, moneyOf, openAttempt } from "./ending";

const NOW = 1_700_000_000_000;
const order = (state: Order["state"], ...attempts: string[]) => ({
  state,
  closes_ts: NOW + 60_000,
  payments: attempts.map((attempt, at) => ({ id: `p${at}`, provider: "sandbox", state: attempt })),
});

describe("the ending", () => {
  it.each(["paid", "preparing", "dispatched", "delivered", "done"] as const)(
    "is paid when the order is %s",
    (state) => {
      expect(endingOf(order(state, "failed", "open"))).toBe("paid");
    },
  );

  it("is being confirmed while any attempt is open, whatever became of the others", () => {
    expect(endingOf(order("unpaid", "failed", "open", "closed"))).toBe("confirming");
    expect(endingOf(order("unpaid", "paid"))).toBe("confirming");
  });

  it("is not finished when all attempts are over, or there was none", () => {
    expect(endingOf(order("unpaid"))).toBe("unfinished");
    expect(endingOf(order("unpaid", "failed", "closed"))).toBe("unfinished");
  });

  it("is cancelled when the order is", () => {
    expect(endingOf(order("cancelled", "open"))).toBe("cancelled");
  });
});

it("goes on with the latest open attempt, and with none that is over", () => {
  // As they are told: the latest first.
  expect(openAttempt(order("unpaid", "failed", "open", "open"))?.id).toBe("p1");
  expect(openAttempt(order("unpaid", "closed"))).toBeNull();
});

it("can be paid until its time is over, and while it is unpaid", () => {
  expect(canPay(order("unpaid"), NOW + 59_999)).toBe(true);
  expect(canPay(order("unpaid"), NOW + 60_000)).toBe(false);
  expect(canPay(order("cancelled"), NOW)).toBe(false);
});

it("says of a cancelled order what happens to the money", () => {
  expect(moneyOf({ ...order("cancelled", "closed"), refunds: [{ state: "processing" }] })).toBe("back");
  expect(moneyOf({ ...order("cancelled", "open"), refunds: [] })).toBe("maybe");
  expect(moneyOf({ ...order("cancelled", "closed"), refunds: [] })).toBe("none");
});
