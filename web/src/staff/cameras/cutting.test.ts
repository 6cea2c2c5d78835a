import { describe, expect, it } from "vitest";
import type { CameraList } from "@shared/api-types";
import { goingIn } from "./cutting";

const LIST: CameraList = {
  cameras: [],
  on_air: "field",
  wanted: "barn",
  next: "barn",
  next_in_ms: 3_200,
  failed: null,
  program: "on",
};

describe("a camera that is waited for", () => {
  it("comes in whole seconds, at least one", () => {
    expect(goingIn(LIST, "barn")).toEqual({ kind: "waiting", seconds: 4 });
    expect(goingIn({ ...LIST, next_in_ms: 0 }, "barn")).toEqual({ kind: "waiting", seconds: 1 });
  });

  it("may take nobody knows how long", () =>
    expect(goingIn({ ...LIST, next_in_ms: null }, "barn")).toEqual({ kind: "waiting", seconds: null }));
  it("opens the show where nothing is shown yet", () =>
    expect(goingIn({ ...LIST, program: "none" }, "barn")).toEqual({ kind: "opens" }));
});

describe("any other camera", () => {
  it("has nothing to wait for", () => expect([goingIn(LIST, "field"), goingIn(null, "barn")]).toEqual([null, null]));
  it("says so when the cut to it failed", () =>
    expect(goingIn({ ...LIST, next: null, failed: "barn" }, "barn")).toEqual({ kind: "failed" }));
});
