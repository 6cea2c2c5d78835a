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
