/** What the field page is made of, for opening it without a network. Pure: the service worker (worker.ts) keeps it. */

/** Of Vite's manifest (`build.manifest`): a part of the build. */
export interface Chunk {
  file: string;
  css?: readonly string[];
  assets?: readonly string[];
  imports?: readonly string[];
  dynamicImports?: readonly string[];
}

export type Manifest = Readonly<Record<string, Chunk>>;

export const ENTRY = "field/index.html";
/** The address of every page of the app; which one is shown is the page's own affair. */
export const SHELL = "/field";
export const MANIFEST = "/.vite/manifest.json";

/** The addresses of all parts of the field page, those that are loaded later too: without a network there is no later. */
export function filesOf(manifest: Manifest, entry: string = ENTRY): string[] {
  const seen = new Set<string>();
  const files = new Set<string>();
  const waiting = [entry];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const chunk = manifest[name];
    if (seen.has(name) || !chunk) continue;
    seen.add(name);
    for (const file of [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])]) files.add(`/${file}`);
    waiting.push(...(chunk.imports ?? []), ...(chunk.dynamicImports ?? []));
  }
  return [...files].sort();
}

/** How a request is answered: `page`: from the network, else as it was kept; `part`: as it was kept, else from the network. */
export function wayOf(method: string, mode: string, address: URL, origin: string): "page" | "part" | "pass" {
  if (method !== "GET" || address.origin !== origin) return "pass";
  const isOurs = address.pathname === SHELL || address.pathname.startsWith(`${SHELL}/`);
  if (mode === "navigate") return isOurs ? "page" : "pass";
  return address.pathname.startsWith("/assets/") || address.pathname === "/favicon.svg" ? "part" : "pass";
}
