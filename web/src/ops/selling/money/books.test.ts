import { expect, it } from "vitest";
import { onAccount } from "./books";

it("tells each account by its own side", () => {
  expect(onAccount({ kind: "asset", amount_minor: 2_000 })).toBe(2_000);
  expect(onAccount({ kind: "income", amount_minor: -2_000 })).toBe(2_000);
  expect(onAccount({ kind: "liability", amount_minor: -5 })).toBe(5);
  expect(onAccount({ kind: "expense", amount_minor: 7 })).toBe(7);
  expect(Object.is(onAccount({ kind: "income", amount_minor: 0 }), 0)).toBe(true);
});
