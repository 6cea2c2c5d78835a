// Small decisions around the list: which show comes next, and what is in the cart once an order is wanted again.
import { expect, it } from "vitest";
import type { RoomSummary } from "@shared/api-types";
import { againLines } from "./again";
import { nextShow } from "./next-show";

const room = (id: string, status: string, starts_ts: number | null = null): RoomSummary =>
  ({ id, show: { status, starts_ts } }) as RoomSummary;

it("sends to the show that is on, else to the next one", () => {
  const later = [room("b", "scheduled", 3_000), room("a", "scheduled", 2_000), room("past", "scheduled", 500)];
  expect(nextShow([...later, room("c", "live")], 1_000)?.id).toBe("c");
  expect(nextShow(later, 1_000)?.id).toBe("a");
  expect(nextShow([room("d", "ended"), room("e", "scheduled")], 1_000)).toBeNull();
});

it("adds an order to what is in the cart, and no gifts", () => {
  const bought = [
    { product: "eggs", qty: 2, is_gift: false },
    { product: "jam", qty: 1, is_gift: true },
    { product: "honey", qty: 1_000, is_gift: false },
  ];
  expect(
    againLines(
      [
        { product: "eggs", qty: 1 },
        { product: "honey", qty: 1 },
      ],
      bought,
    ),
  ).toEqual([
    { product: "eggs", qty: 3 },
    { product: "honey", qty: 1_000 },
  ]);
});
