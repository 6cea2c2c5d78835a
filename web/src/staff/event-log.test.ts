// The list of what was done has everything once and nothing left out, however its pages and what is new come together.
import { describe, expect, it } from "vitest";
import type { PastEvent, PastEvents } from "@shared/api-types";
import { EVENTS_MAX, NO_EVENTS, withEarlier, withLatest } from "./event-log";

const event = (ts: number, id = `c${ts}`): PastEvent => ({
  id,
  ts,
  type: "pin",
  data: {},
  by: null,
  about: null,
  was: null,
  became: null,
  line: null,
  reason: "",
  ended: null,
});
const events = (...moments: number[]): PastEvent[] => moments.map((ts) => event(ts));
const page = (items: PastEvent[], next: string | null): PastEvents => ({ items, next, time_zone: "UTC" });
const moments = ({ items }: { items: readonly PastEvent[] }): number[] => items.map(({ ts }) => ts);

describe("the list of what was done", () => {
  const loaded = withEarlier(withLatest(NO_EVENTS, page(events(9, 8, 7), "7")), page(events(6, 5), "5"));

  it("grows at its end by earlier pages", () => {
    expect([moments(loaded), loaded.next]).toEqual([[9, 8, 7, 6, 5], "5"]);
    expect(withEarlier(loaded, page(events(4), null)).next).toBeNull();
  });

  it("grows at its head, with nothing twice", () => {
    const now = withLatest(loaded, page(events(11, 10, 9), "9"));
    expect([moments(now), now.next]).toEqual([[11, 10, 9, 8, 7, 6, 5], "5"]);
    expect(moments(withLatest(now, page(events(11, 10, 9), "9")))).toEqual([11, 10, 9, 8, 7, 6, 5]);
  });

  it("takes in what came late to its place, and tells what is of one moment apart", () => {
    expect(moments(withLatest(loaded, page([event(9), event(8.5), event(8)], "8")))).toEqual([9, 8.5, 8, 7, 6, 5]);
    const one = withLatest(NO_EVENTS, page([event(3, "h1"), event(3, "c2")], "c2"));
    expect(withEarlier(one, page([event(3, "c2"), event(3, "c1")], null)).items.map(({ id }) => id)).toEqual([
      "h1",
      "c2",
      "c1",
    ]);
  });

  it("begins anew rather than have a hole after a long absence", () => {
    const now = withLatest(loaded, page(events(30, 29, 28), "28"));
    expect([moments(now), now.next]).toEqual([[30, 29, 28], "28"]);
  });

  it("is what the server has when that is one page", () => {
    expect(moments(withLatest(loaded, page(events(9), null)))).toEqual([9]);
    expect(withLatest(loaded, page([], null))).toEqual(NO_EVENTS);
  });

  it("keeps no more than it may", () => {
    const many = Array.from({ length: EVENTS_MAX + 1 }, (_, index) => event(9_000 - index));
    const full = withEarlier(NO_EVENTS, page(many, "more"));
    expect([full.items.length, full.next]).toEqual([EVENTS_MAX, null]);
  });
});
