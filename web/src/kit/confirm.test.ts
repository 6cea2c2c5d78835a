// A question is answered once, by a press, and by nothing else with no.
import { expect, it } from "vitest";
import { askedNow, askFirst, settleAsk } from "./confirm";

const REMOVE = { title: "Remove it?", action: "Remove" };

it("is answered by the press, and gone then", async () => {
  const answered = askFirst(REMOVE);
  expect(askedNow.value).toEqual(REMOVE);
  settleAsk(true);
  expect([await answered, askedNow.value]).toEqual([true, null]);
});

it("is a no when another takes its place", async () => {
  const [first, second] = [askFirst(REMOVE), askFirst({ ...REMOVE, title: "And this?" })];
  expect(await first).toBe(false);
  expect(askedNow.value?.title).toBe("And this?");
  settleAsk(false);
  expect(await second).toBe(false);
});
