/** Clips in the making are asked for until they are made or have failed, and no longer. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { effectScope, type EffectScope } from "vue";
import type { Clip } from "@shared/api-types";
import { AGAIN_MS, useClipsInMaking, type ClipsInMaking } from "./useClipsInMaking";

const clip = (id: string, state: Clip["state"]): Clip => ({
  id,
  recording: "rec-1",
  title: id,
  from_ts: 0,
  to_ts: 1_000,
  hls: "",
  file: "",
  poster: null,
  state,
  code: state === "failed" ? 5012 : null,
  problem: null,
});

let scope: EffectScope;
beforeEach(() => {
  vi.useFakeTimers();
  scope = effectScope();
});
afterEach(() => {
  scope.stop();
  vi.useRealTimers();
});

/** `answers`: what the server says, one after another; the last for ever. Null: it says nothing. */
function used(answers: (readonly Clip[] | null)[]): {
  made: ClipsInMaking;
  asked: () => number;
  changed: () => number;
} {
  const ask = vi.fn(() => {
    const answer = answers[Math.min(ask.mock.calls.length, answers.length) - 1] ?? null;
    return answer ? Promise.resolve(answer) : Promise.reject(new Error("away"));
  });
  const changed = vi.fn();
  const made = scope.run(() => useClipsInMaking(ask, changed));
  if (!made) throw new Error("the scope is over");
  return { made, asked: () => ask.mock.calls.length, changed: () => changed.mock.calls.length };
}

it("asks once where nothing is being made", async () => {
  const { made, asked, changed } = used([[clip("a", "kept")]]);
  await vi.advanceTimersByTimeAsync(10 * AGAIN_MS);
  expect([made.clips.value, asked(), changed()]).toEqual([[], 1, 0]);
});

it("asks until the clip is made, and tells so once", async () => {
  const { made, asked, changed } = used([[clip("a", "making")], null, [clip("a", "making")], [clip("a", "kept")]]);
  await vi.advanceTimersByTimeAsync(0);
  expect(made.clips.value.map(({ id }) => id)).toEqual(["a"]);
  await vi.advanceTimersByTimeAsync(AGAIN_MS);
  expect(made.clips.value.map(({ id }) => id)).toEqual(["a"]); // the server was away
  await vi.advanceTimersByTimeAsync(10 * AGAIN_MS);
  expect([made.clips.value, asked(), changed()]).toEqual([[], 4, 1]);
});

it("keeps one that failed, and asks no more", async () => {
  const { made, asked, changed } = used([[clip("a", "making")], [clip("a", "failed")]]);
  await vi.advanceTimersByTimeAsync(10 * AGAIN_MS);
  expect([made.clips.value.map(({ code }) => code), asked(), changed()]).toEqual([[5012], 2, 0]);
});

it("looks at once when one was asked for", async () => {
  const { made, asked } = used([[], [clip("a", "making")], [clip("a", "kept")]]);
  await vi.advanceTimersByTimeAsync(0);
  await made.look();
  expect(made.clips.value.length).toBe(1);
  await vi.advanceTimersByTimeAsync(10 * AGAIN_MS);
  expect(asked()).toBe(3);
});

it("asks again where a look was not answered, and tells of what was made meanwhile", async () => {
  const { made, asked, changed } = used([[], null, null, [clip("a", "kept")]]);
  await vi.advanceTimersByTimeAsync(0);
  await made.look();
  expect([asked(), changed()]).toEqual([2, 0]);
  await vi.advanceTimersByTimeAsync(10 * AGAIN_MS);
  expect([made.clips.value, asked(), changed()]).toEqual([[], 4, 1]);
});

it("tells of a clip that is made before the first look at it", async () => {
  const { made, asked, changed } = used([[clip("old", "kept")], [clip("old", "kept"), clip("a", "kept")]]);
  await vi.advanceTimersByTimeAsync(0);
  await made.look();
  await made.look();
  await vi.advanceTimersByTimeAsync(10 * AGAIN_MS);
  expect([made.clips.value, asked(), changed()]).toEqual([[], 3, 1]);
});

it("goes by the later of two looks, whichever is answered first", async () => {
  const answers: ((clips: readonly Clip[]) => void)[] = [];
  const changed = vi.fn();
  const made = scope.run(() =>
    useClipsInMaking(() => new Promise<readonly Clip[]>((resolve) => answers.push(resolve)), changed),
  );
  const later = made?.look();
  answers[1]?.([clip("a", "making")]);
  await later;
  answers[0]?.([]);
  await vi.advanceTimersByTimeAsync(0);
  expect(made?.clips.value.map(({ id }) => id)).toEqual(["a"]);
  await vi.advanceTimersByTimeAsync(AGAIN_MS);
  answers[2]?.([clip("a", "kept")]);
  await vi.advanceTimersByTimeAsync(0);
  expect([made?.clips.value, changed.mock.calls.length]).toEqual([[], 1]);
});

it("asks no more once nobody looks", async () => {
  const { asked } = used([[clip("a", "making")]]);
  await vi.advanceTimersByTimeAsync(AGAIN_MS);
  scope.stop();
  await vi.advanceTimersByTimeAsync(10 * AGAIN_MS);
  expect(asked()).toBe(2);
});
