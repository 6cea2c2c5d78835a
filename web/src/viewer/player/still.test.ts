import { expect, test } from "vitest";
import type { Program, Show } from "@shared/wire";
import { hasStill, SLOT_MS, stillUrl } from "./still";

function show(status: Show["status"]): Show {
  return { status, starts_ts: null, live_ts: 1, since_ts: 1 } as Show;
}

function program(camera: string | null): Program {
  return {
    camera,
    name: "",
    state: camera ? "on" : "slate",
    since_ts: 1,
    hls: "/live/demo/index.m3u8",
    whep: null,
  } as Program;
}

test("everybody asks for the same still within half a minute, and for another one after it", () => {
  expect(SLOT_MS).toBe(30_000);
  expect(stillUrl("demo", 60_000)).toBe("/live/demo/still.jpg?t=2");
  expect(stillUrl("demo", 89_999)).toBe("/live/demo/still.jpg?t=2");
  expect(stillUrl("demo", 90_000)).toBe("/live/demo/still.jpg?t=3");
  expect(stillUrl("a/b", 0)).toBe("/live/a%2Fb/still.jpg?t=0");
});

test("there is one of a camera in a live show, and of nothing else", () => {
  expect(hasStill({ show: show("live"), program: program("barn") })).toBe(true);
  expect(hasStill({ show: show("live"), program: program(null) })).toBe(false);
  expect(hasStill({ show: show("live"), program: null })).toBe(false);
  for (const status of ["scheduled", "paused", "ended"] as const)
    expect(hasStill({ show: show(status), program: program("barn") })).toBe(false);
});
