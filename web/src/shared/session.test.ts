// Who is here: links that sign in, links of somebody else, other tabs, and tokens that leave the address.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope, type EffectScope } from "vue";
import { createSession, type Session } from "./session";

const PEOPLE: Record<string, { id: string; name: string; role: string }> = {
  "t-ada": { id: "ada", name: "Ada", role: "viewer" },
  "t-ada-2": { id: "ada", name: "Ada", role: "viewer" },
  "t-ben": { id: "ben", name: "Ben", role: "viewer" },
  "t-guest": { id: "g1", name: "", role: "guest" },
};
const KEY = "livehub.viewer";

/** The server's word about a token. */
function answer(_url: unknown, init?: RequestInit): Promise<Response> {
  const token = (new Headers(init?.headers).get("Authorization") ?? "").replace("Bearer ", "");
  const person = PEOPLE[token];
  const body = person ?? { code: 1101, name: "bad_token", detail: "" };
  return Promise.resolve(
    new Response(JSON.stringify(body), { status: person ? 200 : 401, headers: { "Content-Type": "application/json" } }),
  );
}

function stored(token: string): void {
  localStorage.setItem(KEY, JSON.stringify({ token, user: PEOPLE[token] ?? null }));
}

const kept = (): string | null =>
  (JSON.parse(localStorage.getItem(KEY) ?? "null") as { token: string } | null)?.token ?? null;

let scope: EffectScope;
const opened = (): Session => scope.run(() => createSession(KEY)) as Session;

beforeEach(() => {
  scope = effectScope();
  localStorage.clear();
  history.replaceState(null, "", "/r/demo");
  vi.stubGlobal("fetch", vi.fn(answer));
});
afterEach(() => scope.stop());

describe("a sign-in link", () => {
  it("signs in where nobody is, and leaves the address", async () => {
    location.hash = "#token=t-ada";
    const session = opened();
    expect([location.hash, session.token.value]).toEqual(["", "t-ada"]);
    await session.ensure({ guest: true });
    expect([session.person.value?.id, session.offer.value]).toEqual(["ada", null]);
  });

  it("takes the place of a guest, and renews the sign-in of the same person, without a question", async () => {
    for (const before of ["t-guest", "t-ada"]) {
      stored(before);
      location.hash = "#token=t-ada-2";
      const session = opened();
      await session.ensure({ guest: true });
      expect([session.token.value, session.offer.value]).toEqual(["t-ada-2", null]);
      scope.stop();
      scope = effectScope();
    }
  });

  it("of somebody else is an offer, and nobody is changed before it is taken", async () => {
    stored("t-ada");
    location.hash = "#token=t-ben";
    const session = opened();
    await session.ensure({ guest: true });
    expect([session.person.value?.id, session.offer.value?.person.id, kept(), location.hash]).toEqual([
      "ada",
      "ben",
      "t-ada",
      "",
    ]);
    session.decide(false);
    expect([session.person.value?.id, session.offer.value]).toEqual(["ada", null]);
  });

  it("of somebody else signs in once it is taken", async () => {
    stored("t-ada");
    location.hash = "#token=t-ben";
    const session = opened();
    await session.ensure({ guest: true });
    session.decide(true);
    expect([session.person.value?.id, session.offer.value, kept()]).toEqual(["ben", null, "t-ben"]);
  });

  it("of somebody else needs no question where the sign-in has run out", async () => {
    localStorage.setItem(KEY, JSON.stringify({ token: "old", user: PEOPLE["t-ada"] }));
    location.hash = "#token=t-ben";
    const session = opened();
    await session.ensure({ guest: true });
    expect([session.person.value?.id, session.offer.value]).toEqual(["ben", null]);
  });

  it("that only changes the fragment of an open page is followed as well", async () => {
    stored("t-ada");
    const session = opened();
    location.hash = "#token=t-ben";
    await vi.waitFor(() => expect(session.offer.value?.person.id).toBe("ben"));
    expect([location.hash, session.person.value?.id]).toEqual(["", "ada"]);
  });

  it("that is no longer good is told, and changes nobody", async () => {
    stored("t-ada");
    location.hash = "#token=nonsense";
    const session = opened();
    await session.ensure({ guest: true });
    expect([session.person.value?.id, session.offer.value, session.linkRefusal.value?.code]).toEqual([
      "ada",
      null,
      1101,
    ]);
  });
});

describe("another tab", () => {
  it("signs this one out, and in as another", () => {
    stored("t-ada");
    const session = opened();
    localStorage.removeItem(KEY);
    dispatchEvent(new StorageEvent("storage", { key: KEY }));
    expect([session.token.value, session.person.value]).toEqual([null, null]);
    stored("t-ben");
    dispatchEvent(new StorageEvent("storage", { key: KEY }));
    expect([session.token.value, session.person.value?.id]).toEqual(["t-ben", "ben"]);
  });
});
