// @vitest-environment jsdom
// A key does one thing, and nothing while someone types or means the browser.
import { describe, expect, it } from "vitest";
import en from "../locales/en.json";
import { commandOf, isTyping, KEYS, type Stroke } from "./shortcuts";

const stroke = (key: string, change: Partial<Stroke> = {}): Stroke => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  repeat: false,
  isComposing: false,
  ...change,
});

describe("shortcuts", () => {
  it("have one key for each command, and a text", () => {
    expect(new Set(KEYS.map(({ key }) => key)).size).toBe(KEYS.length);
    expect(new Set(KEYS.map(({ command }) => command)).size).toBe(KEYS.length);
    expect(KEYS.map(({ command }) => command).sort()).toEqual(Object.keys(en.ops.shortcut.command).sort());
  });

  it("find their command, with caps lock too", () => {
    expect(commandOf(stroke("a"), true)).toBe("approve");
    expect(commandOf(stroke("A"), true)).toBe("approve");
    expect(commandOf(stroke("?"), true)).toBe("help");
    expect(commandOf(stroke("y"), true)).toBeNull();
  });

  it("are off where the keys are not ours, in the middle of a composition, and with modifiers", () => {
    expect(commandOf(stroke("a", { isComposing: true }), true)).toBeNull();
    expect(commandOf(stroke("a"), false)).toBeNull();
    for (const held of ["ctrlKey", "metaKey", "altKey"] as const)
      expect(commandOf(stroke("a", { [held]: true }), true)).toBeNull();
  });

  it("know a field that letters go to from one that they don't", () => {
    const made = (html: string): Element =>
      Object.assign(document.createElement("div"), { innerHTML: html }).firstElementChild as Element;
    for (const html of [
      "<input>",
      "<input type='search'>",
      "<input role='combobox'>",
      "<textarea></textarea>",
      "<select></select>",
    ])
      expect(isTyping(made(html))).toBe(true);
    for (const html of ["<input type='checkbox'>", "<input type='radio'>", "<button></button>", "<p></p>"])
      expect(isTyping(made(html))).toBe(false);
    expect(isTyping(null)).toBe(false);
  });

  it("repeat only for moving", () => {
    expect(commandOf(stroke("j", { repeat: true }), true)).toBe("nextHeld");
    expect(commandOf(stroke("a", { repeat: true }), true)).toBeNull();
  });
});
