// The numbers of refusals are the server's own.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { CODE, Refusal } from "./refusal";
import { isHold } from "./sale";

const WIRE = readFileSync(resolve(import.meta.dirname, "../../../docs/wire.md"), "utf8");
const NAMES = new Map(
  [...WIRE.matchAll(/^\| (\d+) \| `([a-z_]+)` \|/gm)].map(([, code, name]) => [
    Number(code),
    name?.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
  ]),
);
const OURS: readonly string[] = ["noAnswer", "offline", "cancelled"];
/** What is called otherwise here. */
const OTHERWISE: Readonly<Record<string, string>> = { nothingHere: "notFound" };

it.each(Object.entries(CODE).filter(([name]) => !OURS.includes(name)))("%s", (name, code) => {
  expect(NAMES.get(code)).toBe(OTHERWISE[name] ?? name);
});

describe("what a refusal comes with", () => {
  const hold = { id: "h", state: "held", lines: [], expires_ts: 1 };
  const refusal = new Refusal({
    code: 4022,
    name: "sold_out",
    message: "",
    left: 3,
    field: "qty",
    sku: "jam",
    hold,
  } as never);

  it("is all there, by its name and its kind", () => {
    expect([refusal.figure("left"), refusal.text("sku"), refusal.part("hold", isHold), refusal.field]).toEqual([
      3,
      "jam",
      hold,
      "qty",
    ]);
  });

  it("is null where it is missing, or of another kind", () => {
    expect([refusal.figure("has"), refusal.figure("sku"), refusal.text("left"), refusal.text("toString")]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(refusal.part("lines", isHold)).toBe(null);
  });
});
