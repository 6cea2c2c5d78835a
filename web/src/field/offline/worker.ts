/**
 * The service worker of the field page: opens it without a network. It keeps the page and all its parts, and nothing else: no answer
 * of the API, and nothing that is recorded, which the page itself keeps (queue/). A script of its own, at /field-worker.js.
 */
import { filesOf, MANIFEST, SHELL, wayOf, type Manifest } from "./files";

interface Extendable extends Event {
  waitUntil: (work: Promise<unknown>) => void;
}
interface Fetching extends Extendable {
  request: Request;
  respondWith: (answer: Promise<Response>) => void;
}
/** What of ServiceWorkerGlobalScope is used: TypeScript has either its types or those of pages. */
interface Scope {
  location: Location;
  addEventListener: ((type: "install" | "activate" | "message", listener: (event: Extendable) => void) => void) &
    ((type: "fetch", listener: (event: Fetching) => void) => void);
  skipWaiting: () => Promise<void>;
  clients: { claim: () => Promise<void> };
}

const scope = self as unknown as Scope;
const CACHE = "livehub.field.1";
/** A network that says nothing for so long is none. */
const PAGE_WITHIN_MS = 4_000;
const PARTS_MAX = 200;

async function keepAll(): Promise<void> {
  const cache = await caches.open(CACHE);
  const [page, list] = await Promise.all([fetch(SHELL, { cache: "no-cache" }), fetch(MANIFEST, { cache: "no-cache" })]);
  if (!page.ok || !list.ok) throw new Error("The page is not there.");
  const files = ["/favicon.svg", ...filesOf((await list.json()) as Manifest)].slice(0, PARTS_MAX);
  const kept = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname));
  await cache.addAll(files.filter((file) => !kept.has(file)));
  // Last: with it all its parts are there.
  await cache.put(SHELL, page);
  for (const old of kept) if (old !== SHELL && !files.includes(old)) await cache.delete(old);
}

async function page(request: Request): Promise<Response> {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), PAGE_WITHIN_MS);
  try {
    const answer = await fetch(request, { signal: ending.signal });
    if (answer.status < 500) return answer;
  } catch {
    // As it was kept.
  } finally {
    clearTimeout(timer);
  }
  return (await caches.match(SHELL)) ?? fetch(request);
}

async function part(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

scope.addEventListener("install", (event) => event.waitUntil(keepAll().then(() => scope.skipWaiting())));
scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));
// The page says so each time that it was opened with a network: there may be a new one.
scope.addEventListener("message", (event) => event.waitUntil(keepAll().catch(() => undefined)));
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const way = wayOf(request.method, request.mode, new URL(request.url), scope.location.origin);
  if (way !== "pass") event.respondWith(way === "page" ? page(request) : part(request));
});
