import { expect, it } from "vitest";
import { filesOf, wayOf } from "./files";

const MANIFEST = {
  "field/index.html": {
    file: "assets/field.js",
    css: ["assets/field.css"],
    imports: ["_core.js"],
    dynamicImports: ["Scan.vue"],
  },
  "_core.js": { file: "assets/core.js", imports: ["field/index.html"] },
  "Scan.vue": { file: "assets/scan.js", css: ["assets/scan.css"], imports: ["_core.js"], dynamicImports: ["gone"] },
  "ops/index.html": { file: "assets/ops.js", imports: ["_core.js"] },
};

it("is all that the page may ever load, and nothing of others", () => {
  expect(filesOf(MANIFEST)).toEqual([
    "/assets/core.js",
    "/assets/field.css",
    "/assets/field.js",
    "/assets/scan.css",
    "/assets/scan.js",
  ]);
});

it("answers for its own pages and parts alone", () => {
  const at = (method: string, mode: string, path: string): string =>
    wayOf(method, mode, new URL(path, "https://shop.example"), "https://shop.example");
  expect(at("GET", "navigate", "/field")).toBe("page");
  expect(at("GET", "navigate", "/field/step?lot=A")).toBe("page");
  expect(at("GET", "navigate", "/fieldwork")).toBe("pass");
  expect(at("GET", "no-cors", "/assets/core.js")).toBe("part");
  expect(at("GET", "cors", "/api/batches")).toBe("pass");
  expect(at("POST", "cors", "/assets/core.js")).toBe("pass");
  expect(at("GET", "cors", "https://cdn.example/assets/core.js")).toBe("pass");
});
