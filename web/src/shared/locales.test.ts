// Both catalogues of every app have the same keys, and the placeholders in a text are the same in both.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

type Catalogue = { [key: string]: string | Catalogue };

const SRC = resolve(import.meta.dirname, "..");
/** The folders that have texts: of apps, of what they share, and of pages that bring their own. */
const apps = readdirSync(SRC, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isDirectory() && existsSync(`${entry.parentPath}/${entry.name}/locales`))
  .map((entry) => ({ name: relative(SRC, `${entry.parentPath}/${entry.name}`) }));

function texts(app: string, locale: string): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (node: Catalogue, path: string): void => {
    for (const [key, value] of Object.entries(node)) {
      const here = path ? `${path}.${key}` : key;
      if (typeof value === "string") found.set(here, value);
      else walk(value, here);
    }
  };
  walk(JSON.parse(readFileSync(`${SRC}/${app}/locales/${locale}.json`, "utf8")) as Catalogue, "");
  return found;
}

const placeholders = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g))].sort();

describe.each(apps.map((entry) => entry.name))("catalogues of %s", (app) => {
  const zh = texts(app, "zh-CN");
  const en = texts(app, "en");

  it("have the same keys", () => {
    expect([...en.keys()].sort()).toEqual([...zh.keys()].sort());
  });

  it("use the same placeholders", () => {
    for (const [key, text] of zh) expect([key, placeholders(en.get(key) ?? "")]).toEqual([key, placeholders(text)]);
  });

  it("leave no text empty", () => {
    for (const [key, text] of [...zh, ...en]) expect([key, text.trim()]).not.toEqual([key, ""]);
  });
});

it("has every text that a page asks for by its name", () => {
  const known = new Set(apps.flatMap((entry) => [...texts(entry.name, "zh-CN").keys()]));
  const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter(
    (path) => /\.(vue|ts)$/.test(path) && !path.endsWith(".test.ts"),
  );
  const asked = sources.flatMap((path) =>
    [
      ...readFileSync(`${SRC}/${path}`, "utf8").matchAll(
        /\bt\(\s*(["'])((?:viewer|studio|staff|shared|ops|field|kit|desk)\.[A-Za-z0-9_.]+)\1/g,
      ),
    ].map(([, , key]) => `${path}: ${key}`),
  );
  expect(asked.filter((line) => !known.has(line.slice(line.indexOf(": ") + 2)))).toEqual([]);
});
