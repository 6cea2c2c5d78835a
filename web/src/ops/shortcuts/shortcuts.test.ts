// A key does one thing, and nothing while someone types or means the browser.
import { describe, expect, it } from "vitest";
import en from "../locales/en.json";
import { commandOf, KEYS, type Stroke } from "./shortcuts";

const stroke = (key: string, change: Partial<Stroke> = {}): Stroke => ({ key, ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...change });

describe("shortcuts", () => {
  it("have one key for each command, and a text", () => {
    expect(new Set(KEYS.map(({ key }) => key)).size).toBe(KEYS.length);
    expect(new Set(KEYS.map(({ command }) => command)).size).toBe(KEYS.length);
    expect(KEYS.map(({ command }) => command).sort()).toEqual(Object.keys(en.ops.shortcut.command).sort());
  });

  it("find their command, with caps lock too", () => {
    expect(commandOf(stroke("a"), false)).toBe("approve");
    expect(commandOf(stroke("A"), false)).toBe("approve");
    expect(commandOf(stroke("?"), false)).toBe("help");
    expect(commandOf(stroke("y"), false)).toBeNull();
  });

  it("are off while typing and with modifiers", () => {
    expect(commandOf(stroke("a"), true)).toBeNull();
    for (const held of ["ctrlKey", "metaKey", "altKey"] as const) expect(commandOf(stroke("a", { [held]: true }), false)).toBeNull();
  });

  it("repeat only for moving", () => {
    expect(commandOf(stroke("j", { repeat: true }), false)).toBe("nextHeld");
    expect(commandOf(stroke("a", { repeat: true }), false)).toBeNull();
  });
});
