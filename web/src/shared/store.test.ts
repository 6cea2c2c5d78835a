// @vitest-environment jsdom
// Whatever a browser does with storage, the page works; what the browser does not take is kept for as long as the page.
import { beforeEach, describe, expect, it } from "vitest";
import { lasting, storeOver, visit } from "./store";

const throwing = (): Storage => {
  throw new DOMException("The operation is insecure.", "SecurityError");
};

/** A storage that is full: it reads, and takes nothing. */
const full = {
  getItem: (key: string) => (key === "old" ? "kept" : null),
  setItem: throwing,
  removeItem: throwing,
} as unknown as Storage;

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("a store", () => {
  it("keeps things in the browser's storage", () => {
    lasting.set("a", "1");
    visit.setJson("b", [2]);
    expect([localStorage.getItem("a"), sessionStorage.getItem("b"), lasting.get("a"), visit.getJson("b")]).toEqual([
      "1",
      "[2]",
      "1",
      [2],
    ]);
    lasting.remove("a");
    expect([localStorage.getItem("a"), lasting.get("a")]).toEqual([null, null]);
  });

  it.each([
    ["throws", throwing],
    ["is null", () => null],
    ["is not there", () => undefined],
  ])("remembers for the page where the storage %s", (_how, storage) => {
    const store = storeOver(storage);
    expect(store.get("a")).toBeNull();
    store.set("a", "1");
    expect(store.get("a")).toBe("1");
    store.remove("a");
    expect(store.get("a")).toBeNull();
  });

  it("remembers over what a full storage has", () => {
    const store = storeOver(() => full);
    expect(store.get("old")).toBe("kept");
    store.set("old", "new");
    expect(store.get("old")).toBe("new");
    store.remove("old");
    expect(store.get("old")).toBeNull();
  });

  it("has nothing where the JSON is broken", () => {
    lasting.set("a", "{");
    expect([lasting.getJson("a"), lasting.getJson("b")]).toEqual([null, null]);
  });
});
