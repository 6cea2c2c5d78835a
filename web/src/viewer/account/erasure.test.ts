// Tables become kinds of data, once each under what becomes of them, with the reason in one's own language.
import { expect, it } from "vitest";
import type { ErasedTable } from "@shared/api-types";
import { groupsOf } from "./erasure";

const why = { zh: "依法保留", en: "The law wants it" };
const row = (
  table: string,
  becomes: ErasedTable["becomes"],
  told = why as ErasedTable["why"],
  reason: string | null = null,
): ErasedTable => ({
  table,
  becomes,
  reason,
  why: told,
  rows: null,
});

it("groups by what becomes of it, and says each kind once", () => {
  const items = [
    row("unheard_of", "delete", null),
    row("identities", "delete", null),
    row("phone_codes", "delete", null),
    row("chats", "delete", null),
    row("questions", "anonymise"),
    row("stock_holds", "keep"),
    row("stock_waits", "keep"),
  ];
  expect(groupsOf(items, "zh", false)).toEqual({
    delete: [
      { kind: "signIns", whys: [] },
      { kind: "chat", whys: [] },
      { kind: "other", whys: [] },
    ],
    anonymise: [{ kind: "questions", whys: ["依法保留"] }],
    keep: [{ kind: "holds", whys: ["依法保留"] }],
  });
  expect(groupsOf(items, "en", false).keep).toEqual([{ kind: "holds", whys: ["The law wants it"] }]);
});

it("says all reasons of a kind below one title, and of the work of staff nothing to a viewer", () => {
  const other = { zh: "排队中", en: "A place in a queue" };
  const items = [
    row("stock_holds", "keep", why, "people.kept.trade"),
    row("stock_waits", "keep", other, "people.kept.waits"),
    row("stock_changes", "keep", why, "people.kept.staff"),
    row("room_controls", "anonymise", why, "people.kept.rooms"),
  ];
  const holds = { kind: "holds", whys: ["The law wants it", "A place in a queue"] };
  expect(groupsOf(items, "en", false)).toEqual({ delete: [], anonymise: [], keep: [holds] });
  expect(groupsOf(items, "en", true)).toEqual({
    delete: [],
    anonymise: [{ kind: "rooms", whys: ["The law wants it"] }],
    keep: [holds, { kind: "books", whys: ["The law wants it"] }],
  });
});
