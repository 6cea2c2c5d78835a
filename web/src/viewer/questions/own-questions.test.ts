import { expect, test } from "vitest";
import type { OwnQuestion } from "@shared/api-types";
import { answered, asked, merged } from "./own-questions";

function question(id: string, more: Partial<OwnQuestion> = {}): OwnQuestion {
  return { id, text: `${id}?`, state: "waiting", answer: "", asked_ts: 1_000, answered_ts: null, ...more };
}

test("what was sent waits, first in the list, once", () => {
  const one = asked([question("old")], "new", "Sweet?", 2_000);
  expect(one).toEqual([question("new", { text: "Sweet?", asked_ts: 2_000 }), question("old")]);
  expect(asked(one, "new", "Sweet?", 2_000)).toBe(one);
});

test("an answer in the room becomes that of one's own question", () => {
  const heard = { id: "a", name: "Lin", text: "a?", answer: "Yes", answered_ts: 9_000 };
  expect(answered([question("b"), question("a")], heard)).toEqual([
    question("b"),
    question("a", { state: "answered", answer: "Yes", answered_ts: 9_000 }),
  ]);
});

test("the server's list is taken over, with what it could not know yet", () => {
  const late = question("late", { asked_ts: 5_000 });
  const done = question("done", { state: "answered", answer: "Yes", answered_ts: 4_000 });
  const closed = question("put aside", { state: "closed" });
  expect(merged([late, done, question("put aside"), question("gone")], [question("done"), closed])).toEqual([
    late,
    done,
    closed,
  ]);
  expect(merged([question("gone", { asked_ts: 500 })], [question("a")])).toEqual([question("a")]);
});
