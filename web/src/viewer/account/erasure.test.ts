// Tables become kinds of data, once each under what becomes of them, with the reason in one's own language.
import { expect, it } from "vitest";
import type { ErasedTable } from "@shared/api-types";
import { groupsOf } from "./erasure";

const why = { zh: "依法保留", en: "The law wants it" };
const row = (table: string, becomes: ErasedTable["becomes"], told = why as ErasedTable["why"]): ErasedTable => ({
  table,
  becomes,
  reason: null,
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
  expect(groupsOf(items, "zh")).toEqual({
    delete: [
      { kind: "signIns", why: null },
      { kind: "chat", why: null },
      { kind: "other", why: null },
    ],
    anonymise: [{ kind: "questions", why: "依法保留" }],
    keep: [{ kind: "holds", why: "依法保留" }],
  });
  expect(groupsOf(items, "en").keep).toEqual([{ kind: "holds", why: "The law wants it" }]);
});
