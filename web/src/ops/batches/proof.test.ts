// A fact is said to be anchored only when it is, and never by a chain that proves nothing.
import { expect, it } from "vitest";
import { proofState, proofTone, receiptPath, shortTx } from "./proof";

it.each([
  [{ state: "pending", leaf: null }, "waiting", "warn"],
  [{ state: "pending", leaf: 0 }, "logged", "plain"],
  [{ state: "anchored", leaf: 0 }, "anchored", "good"],
  [{ state: "anchored", leaf: 0, is_development: true }, "development", "warn"],
] as const)("%o is %s", (chain, state, tone) => {
  expect([proofState(chain), proofTone(proofState(chain))]).toEqual([state, tone]);
});

it("has a receipt at its leaf, and a short name for a transaction", () => {
  expect(receiptPath(12)).toBe("/log/proof/12");
  expect(shortTx(`0x${"ab".repeat(32)}`)).toBe("0xabababab…ababab");
  expect(shortTx("checkpoint-7.note")).toBe("checkpoint-7.note");
});
