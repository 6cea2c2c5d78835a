// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from "vitest";
import { bitrateOf, constraintsOf, problemOf, storeChoice, storedChoice, type Choice } from "./choice";

const CHOICE: Choice = { camera: "back", mic: "", size: "720", upright: true };

describe("what the browser is asked for", () => {
  it("stands upright at a desk, and lies on a phone that turns it by itself", () => {
    const size = (uprightPhone: boolean): unknown[] => {
      const { video } = constraintsOf(CHOICE, uprightPhone);
      return typeof video === "object" ? [video.width, video.height] : [];
    };
    expect(size(false)).toEqual([{ ideal: 720 }, { ideal: 1280 }]);
    expect(size(true)).toEqual([{ ideal: 1280 }, { ideal: 720 }]);
  });

  it("is a side of the phone, or exactly that device", () => {
    expect(constraintsOf({ ...CHOICE, camera: "front" }, true).video).toMatchObject({ facingMode: { ideal: "user" } });
    expect(constraintsOf({ ...CHOICE, camera: "abc", mic: "def" }, true)).toMatchObject({
      video: { deviceId: { exact: "abc" } },
      audio: { deviceId: { exact: "def" } },
    });
  });

  it("has the bitrate of its size", () => {
    expect(bitrateOf(CHOICE)).toBe(2_500_000);
  });
});

describe("the choice", () => {
  beforeEach(() => localStorage.clear());

  it("is 720 lines upright from the back camera, until another was made", () => {
    expect(storedChoice()).toEqual(CHOICE);
    storeChoice({ ...CHOICE, size: "1080", upright: false });
    expect(storedChoice()).toEqual({ ...CHOICE, size: "1080", upright: false });
  });

  it("survives what is stored there and is not one", () => {
    localStorage.setItem("livehub.capture", '{"camera":"front","mic":"","size":"9000"}');
    expect(storedChoice()).toEqual({ ...CHOICE, camera: "front" });
    localStorage.setItem("livehub.capture", "garbage");
    expect(storedChoice()).toEqual(CHOICE);
  });
});

describe("a browser's no", () => {
  it("is told apart by what the host can do about it", () => {
    const told = (name: string): string => problemOf(new DOMException("", name));
    expect([
      told("NotAllowedError"),
      told("NotFoundError"),
      told("OverconstrainedError"),
      told("NotReadableError"),
      told("TypeError"),
    ]).toEqual(["denied", "missing", "missing", "taken", "other"]);
  });
});
