// A live show without a picture is noticed, and nothing else is taken for it.
import { describe, expect, it } from "vitest";
import type { RoomView, Show } from "@shared/wire";
import { missing, pictureOf } from "./picture";

const view = (status: Show["status"], program: object | null): RoomView =>
  ({ show: { status, since_ts: 1_000, live_ts: 1_000, starts_ts: null }, program }) as RoomView;
const ON = { camera: "a", name: "Phone", state: "on" };
const LOST = { camera: null, name: "", state: "lost" };
const SLATE = { camera: null, name: "", state: "slate" };

describe("a live show without a picture", () => {
  it("is one to which no camera sends, once one could have", () => {
    expect(missing(view("live", null), 3_999)).toBeNull();
    expect(missing(view("live", null), 4_000)).toBe("none");
  });
  it("is one whose picture is lost, at once", () => expect(missing(view("live", LOST), 1_000)).toBe("lost"));
  it("is not one with a camera, or a slate that was chosen", () => {
    expect([missing(view("live", ON), 9_000), missing(view("live", SLATE), 9_000)]).toEqual([null, null]);
  });
  it.each(["scheduled", "paused", "ended"] as const)("is none that is %s", (status) =>
    expect(missing(view(status, null), 9_000)).toBeNull(),
  );
  it("is told from a slate", () =>
    expect([ON, LOST, SLATE, null].map((program) => pictureOf(view("live", program)))).toEqual([
      "on",
      "lost",
      "slate",
      "none",
    ]));
});
