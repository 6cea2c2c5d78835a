// @vitest-environment jsdom
// Who is here: asked for once, renewed ahead of time, ended, taken over by another tab, and by a link only when asked.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope, type EffectScope } from "vue";
import { CODE } from "@shared/refusal";
import { createSession, type Session } from "./session";

const LIFE_MS = 15 * 60_000;
/** `Date` headers have no milliseconds. */
const START = 1_800_000_000_000;

/** The channel between the tabs of a browser, which is outside of what is ours. A page does not hear itself. */
class FakeChannel {
  static open: FakeChannel[] = [];
  static said: unknown[] = [];
  onmessage: ((event: { data: unknown }) => void) | null = null;
  constructor(readonly name: string) {
    FakeChannel.open.push(this);
  }
  postMessage(data: unknown): void {
    FakeChannel.said.push(data);
    for (const other of FakeChannel.open)
      if (other !== this && other.name === this.name) setTimeout(() => other.onmessage?.({ data }));
  }
  close(): void {
    FakeChannel.open = FakeChannel.open.filter((one) => one !== this);
  }
}

/** The server, as far as sessions go: a cookie, which the browser keeps, and tokens. */
const server = {
  cookie: null as string | null,
  made: 0,
  ended: new Set<string>(),
  /** What is done about the next questions in place of an answer. */
  fails: [] as ("offline" | number)[],
  asked: [] as string[],
};
const PEOPLE: Record<string, { id: string; name: string; role: string }> = {
  ada: { id: "ada", name: "Ada", role: "viewer" },
  ben: { id: "ben", name: "Ben", role: "viewer" },
  hana: { id: "hana", name: "Hana", role: "host" },
  olga: { id: "olga", name: "Olga", role: "ops" },
};
const problem = (code: number, status: number): Response =>
  new Response(JSON.stringify({ code, name: "n", detail: "" }), { status });

function session(who: string): Response {
  const user = PEOPLE[who] ?? { id: who, name: "", role: "guest" };
  const token = `t-${who}-${++server.made}`;
  const body = { token, refresh: null, user, person: user, expires_ts: Date.now() + LIFE_MS };
  return new Response(JSON.stringify(body), {
    headers: { Date: new Date(Date.now()).toUTCString() },
  });
}

async function answer(path: string, init: RequestInit): Promise<Response> {
  const body = (init.body === undefined ? {} : JSON.parse(String(init.body))) as Record<string, string>;
  server.asked.push(`${init.method} ${path} ${JSON.stringify(body)}`);
  const fails = server.fails.shift();
  if (fails === "offline") throw new TypeError("Failed to fetch");
  if (fails !== undefined) return problem(fails, 503);
  if (path === "/api/sign-out") {
    server.cookie = null;
    return new Response(null, { status: 204 });
  }
  if (init.method === "GET") {
    const linked = (new Headers(init.headers).get("Authorization") ?? "").replace("Bearer link-", "");
    return PEOPLE[linked] ? new Response(JSON.stringify(PEOPLE[linked])) : problem(CODE.badToken, 401);
  }
  if (body.name !== undefined) server.cookie = body.name;
  if (body.token !== undefined) server.cookie = body.token.replace("link-", "");
  if (server.cookie !== null && server.ended.has(server.cookie)) {
    server.cookie = null;
    return problem(CODE.sessionEnded, 401);
  }
  server.cookie ??= `g${server.made + 1}`;
  return session(server.cookie);
}

let scope: EffectScope;
const opened = (app: "viewer" | "studio" = "viewer"): Session =>
  scope.run(() => createSession({ app, guests: app === "viewer", links: app !== "viewer" })) as Session;
const pass = (ms: number): Promise<void> => vi.advanceTimersByTimeAsync(ms).then(() => undefined);
const who = (one: Session): string | null => one.person.value?.id ?? null;
const OPEN = 'POST /api/session {"app":"viewer"}';

beforeEach(() => {
  vi.useFakeTimers({ now: START, toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
  vi.stubGlobal("BroadcastChannel", FakeChannel);
  vi.stubGlobal("fetch", answer);
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  Object.assign(server, { cookie: null, made: 0, ended: new Set(), fails: [], asked: [] });
  FakeChannel.open = [];
  FakeChannel.said = [];
  scope = effectScope();
  localStorage.clear();
  history.replaceState(null, "", "/r/demo");
});
afterEach(() => {
  scope.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("an app that is opened", () => {
  it("asks once who is here, and keeps no secret in the browser", async () => {
    localStorage.setItem("livehub.viewer", '{"token":"old"}');
    server.cookie = "ada";
    const here = opened();
    expect([here.token.value, here.isKnown.value]).toEqual([null, false]);
    expect(await here.access.token()).toBe("t-ada-1");
    expect([who(here), here.isSignedIn.value, here.isKnown.value]).toEqual(["ada", true, true]);
    expect([server.asked, localStorage.length]).toEqual([[OPEN], 0]);
  });

  it("makes a guest of whom it does not know, and nobody where guests have no business", async () => {
    const here = opened();
    await pass(0);
    expect([who(here), here.isSignedIn.value]).toEqual(["g1", false]);
    const desk = opened("studio");
    await pass(0);
    expect([who(desk), desk.token.value, desk.isKnown.value, desk.trouble.value]).toEqual([null, null, true, null]);
  });

  it("goes on without an answer, asks again later and later, and at once when the network is back", async () => {
    server.fails = ["offline", 1200, 1200];
    const here = opened();
    expect(await here.access.token()).toBe(null);
    expect([here.isKnown.value, here.trouble.value?.code]).toEqual([true, CODE.offline]);
    await pass(999);
    expect(server.asked).toHaveLength(1);
    await pass(1);
    expect([server.asked.length, here.trouble.value?.code]).toEqual([2, 1200]);
    await pass(2_000);
    expect(server.asked).toHaveLength(3);
    dispatchEvent(new Event("online"));
    await pass(0);
    expect([server.asked.length, who(here), here.trouble.value]).toEqual([4, "g1", null]);
  });
});

describe("a token", () => {
  it("is renewed at two thirds of its life, by the server's clock", async () => {
    server.cookie = "ada";
    const here = opened();
    await pass(0);
    await pass(LIFE_MS * 0.665 - 1);
    expect(server.asked).toHaveLength(1);
    await pass(2);
    expect([server.asked.length, here.token.value, who(here)]).toEqual([2, "t-ada-2", "ada"]);
  });

  it("is renewed once for all who were refused, for the same person only", async () => {
    server.cookie = "ada";
    const here = opened();
    await pass(6_000);
    const why = { code: CODE.badToken } as never;
    const both = Promise.all([here.access.renew("t-ada-1", why), here.access.renew("t-ada-1", why)]);
    await pass(0);
    expect(await both).toEqual(["t-ada-2", "t-ada-2"]);
    // One that comes back later, with the token of before.
    expect(await here.access.renew("t-ada-1", why)).toBe("t-ada-2");
    expect(server.asked).toHaveLength(2);
    await here.signIn("ben");
    expect(await here.access.renew("t-ada-1", why)).toBe(null);
  });

  it("that is refused as soon as it is given is not renewed for ever", async () => {
    server.cookie = "ada";
    const here = opened();
    await pass(0);
    expect(await here.access.renew("t-ada-1", { code: CODE.badToken } as never)).toBe(null);
    expect(server.asked).toHaveLength(1);
  });

  it("is renewed on waking from a sleep in which no timer ran", async () => {
    server.cookie = "ada";
    const here = opened();
    await pass(0);
    vi.setSystemTime(START + 3_600_000);
    document.dispatchEvent(new Event("visibilitychange"));
    await pass(0);
    expect([server.asked.length, here.token.value]).toEqual([2, "t-ada-2"]);
    document.dispatchEvent(new Event("visibilitychange"));
    await pass(0);
    expect(server.asked).toHaveLength(2);
  });

  it("that has run out in a sleep is renewed before a call is sent with it", async () => {
    server.cookie = "ada";
    const here = opened();
    await pass(0);
    vi.setSystemTime(START + 3_600_000);
    expect(await here.access.token()).toBe("t-ada-2");
  });

  it("is asked for anew by a page that lay aside, where others may have come and gone", async () => {
    server.cookie = "ada";
    const here = opened();
    await pass(0);
    server.cookie = "ben";
    dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
    await pass(0);
    expect(who(here)).toBe("ben");
  });
});

describe("a session that was ended", () => {
  it("leaves a guest in the viewer, at the next renewal, and the other tabs hear of it", async () => {
    server.cookie = "ada";
    const here = opened();
    await pass(6_000);
    server.ended.add("ada");
    expect(await here.access.renew("t-ada-1", { code: CODE.sessionEnded } as never)).toBe(null);
    expect([who(here), here.isSignedIn.value, here.trouble.value]).toEqual(["g2", false, null]);
    expect(here.endings.value).toBe(1);
    expect([server.asked, FakeChannel.said]).toEqual([[OPEN, OPEN, OPEN], [{ person: null }]]);
  });

  it("asks staff to sign in, and says why", async () => {
    server.cookie = "hana";
    const here = opened("studio");
    await pass(0);
    expect(who(here)).toBe("hana");
    server.ended.add("hana");
    await pass(LIFE_MS);
    expect([who(here), here.token.value, here.trouble.value?.code]).toEqual([null, null, CODE.sessionEnded]);
  });
});

describe("two tabs", () => {
  it("follow each other: signed out in one, signed out in the other, at once", async () => {
    server.cookie = "ada";
    const [one, other] = [opened(), opened()];
    await pass(0);
    await one.signOut();
    expect([who(one), who(other)]).toEqual([null, "ada"]);
    await vi.advanceTimersToNextTimerAsync();
    expect(who(other)).not.toBe("ada");
    await pass(10);
    expect([one.isSignedIn.value, other.isSignedIn.value, who(one) === who(other)]).toEqual([false, false, true]);
  });

  it("follow each other: signed in as another, and told no token", async () => {
    server.cookie = "ada";
    const [one, other] = [opened(), opened()];
    await pass(0);
    await one.signIn("ben");
    await pass(10);
    expect([who(one), who(other)]).toEqual(["ben", "ben"]);
    expect(FakeChannel.said).toEqual([{ person: "ben" }]);
  });

  it("do not take an answer that was on its way when the other changed the person", async () => {
    server.cookie = "ada";
    const here = opened();
    await pass(0);
    const slow = vi.fn(async (path: string, init: RequestInit) => {
      const early = await answer(path, init);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return early;
    });
    vi.stubGlobal("fetch", slow);
    void here.refresh();
    await pass(10);
    server.cookie = "ben";
    FakeChannel.open[0]?.onmessage?.({ data: { person: "ben" } });
    expect(who(here)).toBe(null);
    await pass(95);
    expect(who(here)).toBe(null);
    await pass(100);
    expect([who(here), slow.mock.calls.length]).toEqual(["ben", 2]);
  });
});

describe("signing out", () => {
  it("that the server did not hear is no signing out", async () => {
    server.cookie = "ada";
    const here = opened();
    await pass(0);
    server.fails = ["offline"];
    await expect(here.signOut()).rejects.toMatchObject({ code: CODE.offline });
    await pass(0);
    expect([who(here), server.cookie]).toEqual(["ada", "ada"]);
  });
});

describe("signing in some other way", () => {
  it("waits for what is under way, and nothing that is under way comes over it", async () => {
    const here = opened();
    const done = here.signInBy(async () => {
      // It speaks as who is here until then.
      expect(await here.access.token()).toBe("t-g1-1");
      server.cookie = "ada";
      return (await session("ada").json()) as never;
    });
    void here.refresh();
    await done;
    await pass(0);
    expect([who(here), FakeChannel.said]).toEqual(["ada", [{ person: "ada" }]]);
  });
});

describe("a sign-in link", () => {
  const link = (name: string): void => history.replaceState(null, "", `/studio#token=link-${name}`);

  it("signs in where nobody is, and leaves the address", async () => {
    link("hana");
    const here = opened("studio");
    expect(location.hash).toBe("");
    await pass(0);
    expect([who(here), here.offer.value, server.cookie]).toEqual(["hana", null, "hana"]);
  });

  it("of somebody else is an offer, and nobody is changed before it is taken", async () => {
    server.cookie = "hana";
    link("olga");
    const here = opened("studio");
    await pass(0);
    expect([who(here), here.offer.value?.person.id, server.cookie]).toEqual(["hana", "olga", "hana"]);
    await here.decide(false);
    expect([who(here), here.offer.value, server.cookie]).toEqual(["hana", null, "hana"]);
    link("olga");
    dispatchEvent(new Event("hashchange"));
    await pass(0);
    await here.decide(true);
    expect([who(here), here.offer.value, server.cookie]).toEqual(["olga", null, "olga"]);
  });

  it("of the same person needs no question", async () => {
    server.cookie = "hana";
    link("hana");
    const here = opened("studio");
    await pass(0);
    expect([who(here), here.offer.value]).toEqual(["hana", null]);
  });

  it("that is no longer good is told, and changes nobody", async () => {
    server.cookie = "hana";
    link("nobody");
    const here = opened("studio");
    await pass(0);
    expect([who(here), here.linkRefusal.value?.code]).toEqual(["hana", CODE.badToken]);
  });

  it("signs nobody in in the viewer, and leaves the address there, too", async () => {
    history.replaceState(null, "", "/r/demo#token=link-ada");
    const here = opened();
    await pass(0);
    expect([location.hash, who(here), server.asked]).toEqual(["", "g1", [OPEN]]);
  });
});
