// The numbers of refusals are the server's own.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { CODE } from "./refusal";

const WIRE = readFileSync(resolve(import.meta.dirname, "../../../docs/wire.md"), "utf8");
const NAMES = new Map(
  [...WIRE.matchAll(/^\| (\d+) \| `([a-z_]+)` \|/gm)].map(([, code, name]) => [
    Number(code),
    name?.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
  ]),
);
const OURS: readonly string[] = ["noAnswer", "offline"];
/** What is called otherwise here. */
const OTHERWISE: Readonly<Record<string, string>> = { nothingHere: "notFound" };

it.each(Object.entries(CODE).filter(([name]) => !OURS.includes(name)))("%s", (name, code) => {
  expect(NAMES.get(code)).toBe(OTHERWISE[name] ?? name);
});
