// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from "vitest";
import { keepPlace, parsePlaces, placed, placeKept } from "./places";

beforeEach(() => localStorage.clear());

describe("a place", () => {
  it("is kept, the newest first and each recording once", () => {
    const places = placed(placed(placed([], "a", 60, 600), "b", 70.04, 600), "a", 80, 600);
    expect(places).toEqual([
      { id: "a", atS: 80 },
      { id: "b", atS: 70 },
    ]);
  });

  it("is forgotten at the beginning and at the end", () => {
    const places = [{ id: "a", atS: 60 }];
    expect(placed(places, "a", 2, 600)).toEqual([]);
    expect(placed(places, "a", 596, 600)).toEqual([]);
  });

  it("goes when there are too many newer ones", () => {
    let places = placed([], "first", 60, 600);
    for (let index = 0; index < 40; index++) places = placed(places, `r${index}`, 60, 600);
    expect(places).toHaveLength(40);
    expect(places.some(({ id }) => id === "first")).toBe(false);
  });

  it("is found again", () => {
    keepPlace("a", 61, 600);
    expect(placeKept("a")).toBe(61);
    expect(placeKept("b")).toBeNull();
  });
});

describe("what is stored", () => {
  it("is taken as far as it is of the expected form", () => {
    expect(parsePlaces('[{"id":"a","atS":4},{"id":5,"atS":4},{"id":"b","atS":-1},null,"c"]')).toEqual([
      { id: "a", atS: 4 },
    ]);
    for (const text of [null, "", "{", "{}", "null"]) expect(parsePlaces(text)).toEqual([]);
  });
});
