// Calls: typed by the endpoints, one new token for all that were refused, cancelled with their page, and refusals as they came.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addressOf, blobAt, call, callText, setAccess, type Access } from "./api";
import { CODE } from "./refusal";

interface Asked {
  method: string;
  path: string;
  headers: Headers;
  body: unknown;
}

const asked: Asked[] = [];
let answer: (one: Asked) => Response | Promise<Response>;

const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status });
const refused = (code: number, status: number, more: object = {}): Response =>
  json({ code, name: "n", detail: "why", ...more }, status);
const bearer = (one: Asked | undefined): string | null => one?.headers.get("Authorization") ?? null;

beforeEach(() => {
  asked.length = 0;
  answer = () => json({});
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    const one: Asked = {
      method: init.method ?? "",
      path,
      headers: new Headers(init.headers),
      body: init.body === undefined ? undefined : JSON.parse(String(init.body)),
    };
    asked.push(one);
    return new Promise<Response>((resolve, reject) => {
      init.signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
      Promise.resolve(answer(one)).then(resolve, reject);
    });
  });
});
afterEach(() => {
  setAccess(null);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a call", () => {
  it("puts the parts into the path and what is given into the query, encoded", async () => {
    await call("GET /api/rooms/{room}/events", { path: { room: "a/b?" }, query: { person: "小 林", after: null } });
    expect([asked[0]?.method, asked[0]?.path, asked[0]?.body]).toEqual([
      "GET",
      "/api/rooms/a%2Fb%3F/events?person=%E5%B0%8F+%E6%9E%97",
      undefined,
    ]);
    expect(addressOf("/api/rooms", {}, { limit: 0, fresh: null })).toBe("/api/rooms?limit=0");
  });

  it("sends its body as JSON, an empty one where the address says it all, and each POST its own key", async () => {
    await call("POST /api/rooms/{room}/cut", { path: { room: "demo" }, body: { camera: "c1" } });
    await call("POST /api/sales/{sale}/open", { path: { sale: "s" } });
    expect(asked.map(({ body }) => body)).toEqual([{ camera: "c1" }, {}]);
    const keys = asked.map(({ headers }) => headers.get("Idempotency-Key"));
    expect([keys[0]?.length, keys[1]?.length, keys[0] === keys[1]]).toEqual([32, 32, false]);
  });

  it("gives nothing for an answer without words, and text as it is", async () => {
    answer = () => new Response(null, { status: 204 });
    expect(await call("DELETE /api/clips/{clip}", { path: { clip: "c" } })).toBe(undefined);
    answer = () => new Response("\uFEFFid,name\n");
    expect(await callText("GET /api/products")).toBe("id,name\n");
    answer = () => new Response("jpeg");
    expect((await blobAt("/api/cameras/c/thumbnail")).size).toBe(4);
  });

  it("is refused with all that the server says", async () => {
    answer = () => refused(4022, 409, { left: 2, sku: "jam", retry_after_ms: 900 });
    await expect(call("GET /api/products")).rejects.toMatchObject({
      code: 4022,
      status: 409,
      retryAfterMs: 900,
      fields: { left: 2, sku: "jam", message: "why" },
    });
  });

  it("that is not answered in time, or not reached, is told apart", async () => {
    vi.useFakeTimers();
    answer = () => new Promise(() => undefined);
    const late = expect(call("GET /api/products")).rejects.toMatchObject({ code: CODE.noAnswer });
    await vi.advanceTimersByTimeAsync(10_000);
    await late;
    answer = () => Promise.reject(new TypeError("Failed to fetch"));
    await expect(call("GET /api/products")).rejects.toMatchObject({ code: CODE.offline });
  });

  it("is cancelled with the page that asks, and keeps nothing of its signal", async () => {
    const leaving = new AbortController();
    const removed = vi.spyOn(leaving.signal, "removeEventListener");
    await call("GET /api/products", { signal: leaving.signal });
    expect(removed).toHaveBeenCalledTimes(1);
    answer = () => new Promise(() => undefined);
    const cut = expect(call("GET /api/products", { signal: leaving.signal })).rejects.toMatchObject({ code: 3 });
    await Promise.resolve();
    leaving.abort();
    await cut;
    await expect(call("GET /api/products", { signal: leaving.signal })).rejects.toMatchObject({ code: 3 });
    expect(asked).toHaveLength(2);
  });
});

describe("a token", () => {
  let token = "old";
  let renewals = 0;
  let renewing: Promise<string | null> | null = null;
  const access: Access = {
    token: () => Promise.resolve(token),
    renew: (spent) => {
      if (token !== spent) return Promise.resolve(token);
      renewing ??= new Promise((resolve) => {
        renewals++;
        setTimeout(() => resolve((token = "new")), 5);
      });
      return renewing;
    },
  };

  beforeEach(() => {
    token = "old";
    renewals = 0;
    renewing = null;
    setAccess(access);
    answer = (one) => (bearer(one) === "Bearer new" ? json({ products: [] }) : refused(CODE.badToken, 401));
  });

  it("that is refused is renewed once for all calls, and each is repeated once with the same key", async () => {
    const path = { room: "demo" };
    await Promise.all([
      call("GET /api/products"),
      call("POST /api/rooms/{room}/state", { path, body: { status: "live" }, key: "k1" }),
    ]);
    expect(renewals).toBe(1);
    expect(asked.map((one) => [one.method, bearer(one), one.headers.get("Idempotency-Key")])).toEqual([
      ["GET", "Bearer old", null],
      ["POST", "Bearer old", "k1"],
      ["GET", "Bearer new", null],
      ["POST", "Bearer new", "k1"],
    ]);
  });

  it("that is refused again is not renewed again", async () => {
    answer = () => refused(CODE.sessionEnded, 401);
    await expect(call("GET /api/products")).rejects.toMatchObject({ code: CODE.sessionEnded });
    expect([renewals, asked.length]).toEqual([1, 2]);
  });

  it("that nobody can renew leaves the refusal as it is", async () => {
    setAccess({ ...access, renew: () => Promise.resolve(null) });
    await expect(call("GET /api/products")).rejects.toMatchObject({ code: CODE.badToken });
    expect(asked).toHaveLength(1);
  });

  it("is not sent with what all see", async () => {
    await call("GET /api/rooms", { anonymous: true }).catch(() => undefined);
    expect([asked.length, bearer(asked[0])]).toEqual([1, null]);
  });
});
