// Of each product the last time it was explained counts, in the newest recording that has it.
import { expect, it } from "vitest";
import type { Recording } from "@shared/api-types";
import { explanationsIn } from "./explained";
import { itemsOf } from "./items";

const chapter = (id: string, at_ts: number): Recording["chapters"][number] => ({
  at_ts,
  card: { id, title: id } as never,
});
const recording = (id: string, ended_ts: number | null, ...chapters: Recording["chapters"]): Recording => ({
  id,
  room: "demo",
  title: id,
  started_ts: 0,
  ended_ts,
  duration_ms: 60_000,
  bytes: 1,
  hls: `/${id}.m3u8`,
  poster: null,
  clips: [],
  chapters,
});

it("is the last one of the newest recording, also of one that goes on", () => {
  const list = {
    recordings: [
      recording("now", null, chapter("honey", 5), chapter("jam", 20), chapter("honey", 40)),
      recording("before", 9, chapter("jam", 1), chapter("eggs", 3)),
    ],
    clips: [],
  };
  expect([...explanationsIn(list)]).toEqual([
    ["honey", { recording: "now", mark: "honey@40" }],
    ["jam", { recording: "now", mark: "jam@20" }],
    ["eggs", { recording: "before", mark: "eggs@3" }],
  ]);
  // A show that goes on is no replay, but for who asks for a piece of it.
  expect(itemsOf(list).shows.map(({ id }) => id)).toEqual(["before"]);
  expect(itemsOf(list, "now").shows.map(({ id }) => id)).toEqual(["now", "before"]);
});
