import { describe, expect, it } from "vitest";
import { nextState, ORDER_STATES, ordersQuery } from "./filter";

describe("the filter of orders", () => {
  it("asks for days of the shop, the last one included", () => {
    expect(ordersQuery({ from: "2026-05-01", to: "2026-05-01" }, "Asia/Shanghai")).toMatchObject({
      from: "2026-04-30T16:00:00.000Z",
      to: "2026-05-01T16:00:00.000Z",
    });
  });

  it("leaves out what is no state, no day, and a search of blanks", () => {
    const asked = ordersQuery({ q: "  ", state: "eaten", from: "soon" }, "UTC");
    expect(Object.values(asked).filter((value) => value !== undefined)).toEqual([]);
  });
});

it("moves a paid order step by step, and no other", () => {
  expect(ORDER_STATES.map(nextState)).toEqual([null, "preparing", "dispatched", "delivered", "done", null, null]);
});
