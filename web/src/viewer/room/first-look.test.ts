// @vitest-environment jsdom
// The room that the HTML came with is taken once, for that room alone, and a picture on air is part of it.
import { afterEach, expect, it } from "vitest";
import type { RoomSummary } from "@shared/api-types";
import { takePreview } from "./first-look";

const ROOM: RoomSummary = {
  id: "demo",
  title: "Farm </script>",
  host: { name: "H", avatar: null },
  poster: "/uploads/0123456789abcdefgh/large.webp",
  show: { status: "live", since_ts: 1, live_ts: 1, starts_ts: null },
  pin: null,
  viewers: 7,
  likes: 5,
  on_air: true,
  you: null,
};

function came(text: string): void {
  document.body.innerHTML = `<script id="room" type="application/json">${text.replaceAll("<", "\\u003c")}</script>`;
}

afterEach(() => (document.body.innerHTML = ""));

it("a room on air", () => {
  came(JSON.stringify({ room: ROOM, hls: "/live/demo/index.m3u8" }));
  const preview = takePreview("demo");
  expect([preview?.view.title, preview?.likes, preview?.viewers]).toEqual(["Farm </script>", 5, 7]);
  expect(preview?.view.program).toMatchObject({ state: "on", hls: "/live/demo/index.m3u8", whep: null });
  // Who comes back later is not shown what was.
  expect(takePreview("demo")).toBe(null);
});

it("a room without a picture", () => {
  came(JSON.stringify({ room: { ...ROOM, on_air: false }, hls: null }));
  expect(takePreview("demo")?.view.program).toBe(null);
});

it("another room, a page without one, and half of one", () => {
  came(JSON.stringify({ room: ROOM, hls: null }));
  expect(takePreview("other")).toBe(null);
  expect(takePreview("demo")).toBe(null);
  came('{"room": {"id": "demo"');
  expect(takePreview("demo")).toBe(null);
});
