import { describe, expect, it } from "vitest";
import {
  dueCount,
  HOLD_MAX_MS,
  isUrgent,
  PICTURE_BEHIND_MAX_MS,
  waitingControl,
  waitingLine,
  WAITING_MAX,
} from "./in-step";
import type { Control, ControlData, QuizCard } from "./wire";

const control = (ts: number, data: ControlData): Control => ({
  room: "r",
  epoch: "e",
  offset: 1,
  type: data.type,
  ts,
  data,
});
const line = (ts: number) => waitingLine({ id: String(ts), user: "u", name: "U", role: "viewer", text: "hi", ts });
const quiz = (opens_ts: number, closes_ts: number): ControlData => ({
  type: "quiz_open",
  quiz: { opens_ts, closes_ts } as QuizCard,
});

describe("what waits for the picture", () => {
  it("is shown when the picture reaches its moment", () => {
    const waiting = [line(1_000), line(2_000), line(3_000)];
    expect(dueCount(waiting, 4_000, 999)).toBe(0);
    expect(dueCount(waiting, 4_000, 1_000)).toBe(1);
    expect(dueCount(waiting, 4_000, 2_500)).toBe(2);
    expect(dueCount(waiting, 4_000, 3_000)).toBe(3);
  });

  it("keeps its order: what stands before something due is due", () => {
    expect(dueCount([line(3_000), line(1_000), line(4_000)], 4_000, 1_500)).toBe(2);
  });

  it("waits no longer than the bound, however old the picture", () => {
    expect(dueCount([line(1_000)], 999 + HOLD_MAX_MS, 0)).toBe(0);
    expect(dueCount([line(1_000)], 1_000 + HOLD_MAX_MS, 0)).toBe(1);
  });

  it("does not wait without a picture", () => {
    expect(dueCount([line(1_000), line(2_000)], 1_000, null)).toBe(2);
  });

  it("does not wait for a picture of another time", () => {
    const now = 10_000_000;
    expect(dueCount([line(now)], now, now - PICTURE_BEHIND_MAX_MS)).toBe(0);
    expect(dueCount([line(now)], now, now - PICTURE_BEHIND_MAX_MS - 1)).toBe(1);
  });

  it("does not grow for ever", () => {
    const many = Array.from({ length: WAITING_MAX + 3 }, (_, index) => line(5_000 + index));
    expect(dueCount(many, 5_000, 0)).toBe(3);
  });
});

describe("a quiz that opens", () => {
  it("leaves seven tenths of its time for the answer", () => {
    const open = waitingControl(control(10_000, quiz(10_000, 20_000)));
    expect(open.untilTs).toBe(13_000);
    expect(dueCount([open], 12_999, 9_000)).toBe(0);
    expect(dueCount([open], 13_000, 9_000)).toBe(1);
  });

  it("with a lot of time waits as all the rest", () => {
    expect(waitingControl(control(10_000, quiz(10_000, 310_000))).untilTs).toBe(10_000 + HOLD_MAX_MS);
  });

  it("that came late is not held up at all", () => {
    expect(dueCount([waitingControl(control(10_000, quiz(10_000, 20_000)))], 15_000, 0)).toBe(1);
  });
});

describe("what is not held up", () => {
  it("is moderation and the picture itself, on their own", () => {
    expect(isUrgent(control(1, { type: "ban", user: "u", until_ts: 9 }))).toBe("at once");
    expect(isUrgent(control(1, { type: "chat_delete", line: "l" }))).toBe("at once");
    expect(isUrgent(control(1, { type: "camera", program: null, reason: "lost" }))).toBe("at once");
    expect(isUrgent(control(1, { type: "sale_close", sale: "s" }))).toBe("at once");
  });

  it("is a new state of the show, after all that came before it", () => {
    expect(
      isUrgent(control(1, { type: "show", show: { status: "ended", since_ts: 1, live_ts: 0, starts_ts: null } })),
    ).toBe("all");
  });

  it("is nothing else", () => {
    expect(isUrgent(control(1, { type: "unpin" }))).toBeNull();
    expect(isUrgent(control(1, quiz(0, 1)))).toBeNull();
  });
});
