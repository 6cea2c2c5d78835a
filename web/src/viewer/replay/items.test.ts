import { describe, expect, it } from "vitest";
import type { Clip, Recording } from "@shared/api-types";
import { chosenOf, clipsFor, isAwaited, itemsOf } from "./items";

const T = 1_700_000_000_000;
const clip = (id: string, recording: string): Clip => ({
  id,
  recording,
  title: id,
  from_ts: T,
  to_ts: T + 9_000,
  hls: "c",
  file: "f",
  poster: null,
  state: "kept",
  code: null,
  problem: null,
});
const recording = (id: string, more: Partial<Recording> = {}): Recording => ({
  id,
  room: "demo",
  title: id,
  started_ts: T,
  ended_ts: T + 60_000,
  duration_ms: 60_000,
  bytes: 1,
  hls: "h",
  poster: null,
  clips: [],
  chapters: [],
  ...more,
});
const LIST = {
  recordings: [recording("new", { clips: [clip("n1", "new")] }), recording("old", { clips: [clip("o1", "old")] })],
  clips: [clip("orphan", "gone")],
};
const NOTHING = { clip: null, recording: null, atS: null };

describe("what can be watched", () => {
  it("are shows that are over, in the order of the server, and every clip", () => {
    const { shows, clips } = itemsOf({
      ...LIST,
      recordings: [recording("on", { ended_ts: null }), recording("tried", { duration_ms: 200 }), ...LIST.recordings],
    });
    expect(shows.map(({ id }) => id)).toEqual(["new", "old"]);
    expect(clips.map(({ id, show, durationS }) => [id, show?.id, durationS])).toEqual([
      ["n1", "new", 9],
      ["o1", "old", 9],
      ["orphan", undefined, 9],
    ]);
  });

  it("has the clips of the show at hand first", () => {
    const { shows, clips } = itemsOf(LIST);
    expect(clipsFor(shows[1] ?? null, clips).map(({ id }) => id)).toEqual(["o1", "n1", "orphan"]);
  });
});

describe("what an address asks for", () => {
  const items = itemsOf(LIST);

  it("is found, or the newest show stands in for it", () => {
    expect(chosenOf(items, { ...NOTHING, clip: "o1" })).toEqual({ item: items.clips[1], missing: false });
    expect(chosenOf(items, { ...NOTHING, recording: "old" })).toEqual({ item: items.shows[1], missing: false });
    expect(chosenOf(items, NOTHING)).toEqual({ item: items.shows[0], missing: false });
    expect(chosenOf(items, { ...NOTHING, clip: "x" })).toEqual({ item: items.shows[0], missing: true });
  });

  it("is a clip where no show is left, and nothing where nothing is", () => {
    expect(chosenOf(itemsOf({ recordings: [], clips: [clip("c", "gone")] }), NOTHING).item?.id).toBe("c");
    expect(chosenOf({ shows: [], clips: [] }, NOTHING)).toEqual({ item: null, missing: false });
  });
});

describe("a recording is awaited", () => {
  it("while one goes on", () => {
    expect(isAwaited({ recordings: [recording("on", { ended_ts: null })], clips: [] }, T, 999_999_999)).toBe(true);
  });

  it("for a while after the show, unless it is there", () => {
    expect(isAwaited({ recordings: [], clips: [] }, T, 5_000)).toBe(true);
    expect(isAwaited({ recordings: [], clips: [] }, T, 500_000)).toBe(false);
    expect(isAwaited({ recordings: [recording("earlier")], clips: [] }, T + 90_000, 5_000)).toBe(true);
    expect(isAwaited({ recordings: [recording("this")], clips: [] }, T, 5_000)).toBe(false);
  });
});
