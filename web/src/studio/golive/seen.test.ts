// A host is told whenever viewers of a live show have no picture, and why; and never when they have one.
import { describe, expect, it } from "vitest";
import type { Camera, CameraList } from "@shared/api-types";
import { reachOf, startsBlind, troubleOf, type Facts } from "./seen";

const camera = (id: string, state: Camera["state"]): Camera => ({
  id,
  name: id,
  kind: "whip",
  url: null,
  state,
  problem: null,
  on_air: false,
  thumbnail: "",
  health: null,
});
const list = (
  cameras: Camera[],
  on_air: string | null = null,
  program: CameraList["program"] = on_air ? "on" : "none",
): CameraList => ({ cameras, on_air, wanted: on_air, next: null, next_in_ms: null, failed: null, program });
const facts = (part: Partial<Facts>): Facts => ({
  status: "live",
  cameras: list([]),
  own: null,
  publishing: "off",
  problem: null,
  interruption: null,
  ...part,
});

describe("a live show", () => {
  it.each<[string, Partial<Facts>, ReturnType<typeof troubleOf>]>([
    ["without any camera", {}, "none"],
    ["with cameras that never sent", { cameras: list([camera("a", "off")]) }, "none"],
    ["whose only camera stopped", { cameras: list([camera("a", "lost")], null, "lost") }, "lost"],
    [
      "whose camera was pulled out of this device",
      { cameras: list([camera("a", "off")]), own: "a", problem: "gone" },
      "lost",
    ],
    [
      "whose chosen camera stopped while another sends",
      { cameras: list([camera("a", "lost"), camera("b", "live")], null, "lost") },
      "elsewhere",
    ],
    ["that shows the slate on purpose", { cameras: list([camera("b", "live")], null, "slate") }, null],
    ["that this device sends to", { cameras: list([camera("a", "live")], "a"), own: "a", publishing: "live" }, null],
    [
      "that this device begins to send to",
      { cameras: list([camera("a", "connecting")]), own: "a", publishing: "starting" },
      null,
    ],
    [
      "whose list of cameras is a moment behind",
      { cameras: list([camera("a", "off")]), own: "a", publishing: "live" },
      null,
    ],
    [
      "whose device lost the network",
      { cameras: list([camera("a", "lost")], null, "lost"), own: "a", publishing: "mending" },
      "mending",
    ],
    ["whose device was never let in", { own: "a", publishing: "waiting" }, "mending"],
    [
      "whose phone takes a call",
      { cameras: list([camera("a", "live")], "a"), own: "a", publishing: "live", interruption: "picture" },
      "frozen",
    ],
    [
      "whose phone is connected but sends nothing",
      { cameras: list([camera("a", "lost")]), own: "a", publishing: "live" },
      "frozen",
    ],
    [
      "whose phone takes a call while viewers watch another camera",
      {
        cameras: list([camera("a", "live"), camera("b", "live")], "b"),
        own: "a",
        publishing: "live",
        interruption: "picture",
      },
      null,
    ],
    [
      "whose microphone is taken",
      { cameras: list([camera("a", "live")], "a"), own: "a", publishing: "live", interruption: "sound" },
      "silent",
    ],
    ["of an installation without media", { cameras: null }, null],
  ])("%s", (_, part, trouble) => expect(troubleOf(facts(part))).toBe(trouble));

  it.each(["scheduled", "paused", "ended"] as const)("is what it is about: none that is %s", (status) =>
    expect(troubleOf(facts({ status }))).toBeNull(),
  );
});

it("says who sees what this device sends", () => {
  expect((["scheduled", "live", "paused", "ended"] as const).map((status) => reachOf(status, true))).toEqual([
    "private",
    "onAir",
    "paused",
    "private",
  ]);
  expect([reachOf("live", null), reachOf("live", false), reachOf("paused", false)]).toEqual([
    "onAir",
    "standby",
    "paused",
  ]);
});

it("knows a start without a picture", () => {
  expect(startsBlind(facts({}))).toBe(true);
  expect(startsBlind(facts({ cameras: list([camera("a", "off"), camera("b", "lost")]) }))).toBe(true);
  expect(startsBlind(facts({ cameras: list([camera("a", "connecting")]) }))).toBe(false);
  expect(startsBlind(facts({ publishing: "starting" }))).toBe(false);
  expect(startsBlind(facts({ cameras: null }))).toBe(false);
});
