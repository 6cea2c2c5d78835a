// Keys are on until somebody switches them off, for themselves alone and for good.
import { expect, it } from "vitest";
import { keysOn, readKeysSwitch, switchKeys } from "./switch";

it("is remembered for each person", () => {
  readKeysSwitch("ann");
  expect(keysOn.value).toBe(true);
  switchKeys(false);
  readKeysSwitch("ben");
  expect(keysOn.value).toBe(true);
  readKeysSwitch("ann");
  expect(keysOn.value).toBe(false);
  switchKeys(true);
  readKeysSwitch(null);
  readKeysSwitch("ann");
  expect(keysOn.value).toBe(true);
});
