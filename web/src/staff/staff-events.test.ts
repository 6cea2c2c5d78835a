// A staff event is believed only if it has what its kind must have.
import { describe, expect, it } from "vitest";
import { figuresOf, heldOf, questionOf } from "./staff-events";

const LINE = { id: "l1", user: "u1", name: "Ann", role: "viewer", text: "hm", ts: 5 };
const HELD = { id: "h1", line: LINE, reason: "report", reports: 2, held_at: "2026-05-01T00:00:00Z" };
const QUESTION = {
  id: "q1",
  user: "u1",
  name: "Ann",
  text: "How sweet?",
  status: "open",
  answer: "",
  asked_at: "2026-05-01T00:00:00Z",
};
const FIGURES = {
  viewers: 1,
  viewers_peak: 2,
  viewers_unique: 5,
  likes: 3,
  chats: 4,
  chats_per_s: 0.5,
  likes_per_s: 1.5,
  questions_open: 0,
  held: 0,
};

describe("staff events", () => {
  it("are taken when they are whole", () => {
    expect(heldOf(HELD)).toEqual(HELD);
    expect(questionOf(QUESTION)).toEqual(QUESTION);
    expect(figuresOf(FIGURES)).toEqual(FIGURES);
  });

  it("are left when something is missing or strange", () => {
    expect(heldOf({ ...HELD, line: null })).toBeNull();
    expect(heldOf({ ...HELD, line: { ...LINE, text: 5 } })).toBeNull();
    expect(heldOf({ ...HELD, reason: "mood" })).toBeNull();
    expect(questionOf({ ...QUESTION, status: "lost" })).toBeNull();
    expect(questionOf({ ...QUESTION, text: undefined })).toBeNull();
    expect(figuresOf({ ...FIGURES, viewers: "many" })).toBeNull();
  });
});
