// Taps are sent together and bounded; a refused batch is dropped, and the next one waits as long as the server asked.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refusal } from "@shared/refusal";
import { createLikeBatch, heartsFor, LIKES_PER_MESSAGE_MAX } from "./like-batch";

describe("the like batch", () => {
  let sent: number[];
  const send = (n: number): Promise<void> => {
    sent.push(n);
    return Promise.resolve();
  };

  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
  });
  afterEach(() => vi.useRealTimers());

  it("sends the taps of one wait as one message", () => {
    const batch = createLikeBatch(send);
    for (let n = 0; n < 7; n++) batch.tap();
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(400);
    expect(sent).toEqual([7]);
    vi.advanceTimersByTime(2_000);
    expect(sent).toEqual([7]);
  });

  it("starts the wait with the first tap, not the last", () => {
    const batch = createLikeBatch(send);
    batch.tap();
    vi.advanceTimersByTime(300);
    batch.tap();
    vi.advanceTimersByTime(100);
    expect(sent).toEqual([2]);
  });

  it("splits what the server would not take in one message, and bounds what waits", () => {
    const batch = createLikeBatch(send);
    batch.tap(1_000);
    vi.advanceTimersByTime(5_000);
    expect(sent).toEqual([LIKES_PER_MESSAGE_MAX, LIKES_PER_MESSAGE_MAX, LIKES_PER_MESSAGE_MAX]);
  });

  it("rests as long as the server asks after a refusal", async () => {
    const refuse = (n: number): Promise<void> => {
      sent.push(n);
      const error = new Refusal({ code: 1003, name: "too_fast", message: "", retry_after_ms: 3_000 });
      return sent.length === 1 ? Promise.reject(error) : Promise.resolve();
    };
    const batch = createLikeBatch(refuse);
    batch.tap(3);
    await vi.advanceTimersByTimeAsync(400);
    batch.tap(2);
    await vi.advanceTimersByTimeAsync(2_900);
    expect(sent).toEqual([3]);
    await vi.advanceTimersByTimeAsync(200);
    expect(sent).toEqual([3, 2]);
  });

  it("sends what waits when it closes, and nothing after", () => {
    const batch = createLikeBatch(send);
    batch.tap(4);
    batch.close();
    batch.tap(4);
    vi.advanceTimersByTime(2_000);
    expect(sent).toEqual([4]);
  });
});

describe("hearts of others", () => {
  it("grow slowly with the likes and have a bound", () => {
    expect([0, 1, 3, 20, 1_000_000].map(heartsFor)).toEqual([0, 1, 2, 5, 5]);
  });
});
