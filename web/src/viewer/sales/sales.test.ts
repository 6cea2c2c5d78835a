// @vitest-environment jsdom
// A buyer in a room, against a fake wire: a tap is one tap however often it is asked, and every answer shows.
import { effectScope, nextTick, shallowRef, type EffectScope } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeSocket } from "@shared/fake-io";
import { createRoomSession, type RoomSession } from "@shared/room";
import { connect, type LiveSocket } from "@shared/socket";
import type { Hold, RoomView, SaleCard } from "@shared/wire";
import { useSales, type Sales } from "./useSales";

let fake: FakeSocket;
vi.mock("socket.io-client", () => ({ io: () => fake }));

const START = 1_800_000_000_000;
const SALE: SaleCard = {
  id: "s",
  price_minor: 2990,
  currency: "CNY",
  units: 100,
  per_person_max: 2,
  opens_ts: null,
  closes_ts: START + 600_000,
  coupons: false,
  state: "open",
  card: {
    id: "berries",
    no: null,
    title: "Blueberries",
    subtitle: null,
    image: null,
    price_minor: 3990,
    list_price_minor: null,
    currency: "CNY",
    unit: null,
  },
};
const viewWith = (...sales: SaleCard[]): RoomView => ({
  id: "demo",
  title: "Farm",
  host: { name: "H", avatar: null },
  poster: null,
  show: { status: "live", since_ts: 0, live_ts: 0, starts_ts: null },
  pin: null,
  bag: [],
  coupons: [],
  quiz: null,
  questions: [],
  slow_mode_s: 0,
  notice: "",
  program: null,
  sales,
});
const holdFor = (ms: number, change: Partial<Hold> = {}): Hold => ({
  id: "h",
  state: "held",
  lines: [{ sale: "s", qty: 1 }],
  expires_ts: Date.now() + ms,
  ...change,
});
const refused = (code: number, more: object = {}): unknown => ({
  ok: false,
  error: { code, name: "n", message: "", ...more },
});
const flush = async (ms = 0): Promise<void> => {
  await vi.advanceTimersByTimeAsync(ms);
  await nextTick();
};
const me = shallowRef<{ id: string; token: string | null } | null>({ id: "lin", token: "t" });

let scope: EffectScope | undefined;
let socket: LiveSocket;
let room: RoomSession;
let listed: Hold[];
let signIn: () => Promise<boolean>;

function leave(): void {
  scope?.stop();
  if (scope) socket.close();
  scope = undefined;
}

function enter(stock: Record<string, number> = { s: 40 }, ...cards: SaleCard[]): Sales {
  leave();
  scope = effectScope();
  fake = new FakeSocket();
  socket = connect();
  room = createRoomSession(socket, "demo", { me: () => me.value?.id ?? null });
  const sales = scope.run(() =>
    useSales({ socket, room, me: () => me.value, requireSignIn: () => signIn(), ready: () => Promise.resolve() }),
  ) as Sales;
  fake.says("connect");
  admit(stock, ...cards);
  return sales;
}

function admit(stock: Record<string, number>, ...cards: SaleCard[]): void {
  const view = viewWith(...(cards.length > 0 ? cards : [SALE]));
  fake.last.answer({
    ok: true,
    epoch: "e",
    offset: 1,
    recovered: false,
    missed: [],
    room: { view, likes: 0, viewers: 1, chats: [], ts: Date.now(), bounds: {}, stock },
  });
}

const asked = (
  event: string,
): { body: Record<string, unknown>; answer: (reply: unknown) => void; fail: (why: Error) => void }[] =>
  fake.asked.filter((one) => one.event === event) as never;
const last = (event: string): ReturnType<typeof asked>[number] =>
  asked(event).at(-1) as ReturnType<typeof asked>[number];
const phase = (sales: Sales): string => sales.standOf(sales.card("s") ?? SALE).phase;
const tick = (stock: Record<string, number>): void =>
  fake.says("tick", { room: "demo", chats: [], likes: 0, viewers: 1, stock });

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  sessionStorage.clear();
  listed = [];
  me.value = { id: "lin", token: "t" };
  signIn = () => Promise.resolve(true);
  vi.stubGlobal(
    "fetch",
    vi.fn(() => Promise.resolve(new Response(JSON.stringify({ items: listed, next: null })))),
  );
});
afterEach(() => {
  leave();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a tap", () => {
  it("is answered with a hold", async () => {
    const sales = enter();
    await flush();
    expect(phase(sales)).toBe("buy");
    void sales.tap(SALE);
    await flush();
    expect(phase(sales)).toBe("asking");
    expect(last("reserve").body).toMatchObject({ sale: "s", qty: 1, key: expect.stringMatching(/^[0-9a-f]{32}$/) });
    last("reserve").answer({ ok: true, hold: holdFor(600_000) });
    await flush();
    expect([phase(sales), sales.standOf(SALE).hold?.id, sessionStorage.getItem("livehub.sales")]).toEqual([
      "pay",
      "h",
      "[]",
    ]);
  });

  it("twice is one", async () => {
    const sales = enter();
    await flush();
    void sales.tap(SALE);
    void sales.tap(SALE);
    await flush();
    void sales.tap(SALE);
    await flush();
    expect(asked("reserve")).toHaveLength(1);
  });

  it("asks for as many as were chosen, and never for more than there are", async () => {
    const sales = enter({ s: 40 });
    await flush();
    sales.choose("s", 5);
    expect(sales.standOf(SALE)).toMatchObject({ qty: 2, max: 2 });
    tick({ s: 1 });
    expect(sales.standOf(SALE)).toMatchObject({ qty: 1, max: 1, left: 1 });
    tick({ s: 40 });
    void sales.tap(SALE);
    await flush();
    expect(last("reserve").body.qty).toBe(2);
  });

  it("without an answer for 3 s says so, and is asked again with its key; the first answer counts", async () => {
    const sales = enter();
    await flush();
    void sales.tap(SALE);
    await flush(2_900);
    expect([phase(sales), asked("reserve").length]).toEqual(["asking", 1]);
    await flush(200);
    expect(phase(sales)).toBe("still");
    await flush(2_000);
    expect([phase(sales), asked("reserve").length]).toEqual(["still", 2]);
    expect(asked("reserve")[1]?.body).toEqual(asked("reserve")[0]?.body);
    asked("reserve")[0]?.answer({ ok: true, hold: holdFor(600_000) });
    await flush();
    expect(phase(sales)).toBe("pay");
    await flush(60_000);
    expect(asked("reserve")).toHaveLength(2);
  });

  it("can be pressed again while it is still being asked", async () => {
    const sales = enter();
    await flush();
    void sales.tap(SALE);
    await flush(3_000);
    const before = asked("reserve").length;
    void sales.tap(SALE);
    await flush();
    expect(asked("reserve")).toHaveLength(before + 1);
    expect(new Set(asked("reserve").map(({ body }) => body.key)).size).toBe(1);
  });

  it("that nobody answers keeps its key for the next one", async () => {
    const sales = enter();
    await flush();
    void sales.tap(SALE);
    await flush();
    while (phase(sales) !== "buy") {
      await flush(8_000);
      for (const one of asked("reserve")) one.fail(new Error("timeout"));
    }
    await flush();
    expect([phase(sales), sales.said("s")?.text]).toEqual(["buy", "unknown"]);
    void sales.tap(SALE);
    await flush();
    expect(new Set(asked("reserve").map(({ body }) => body.key)).size).toBe(1);
  });

  it("goes on by itself after a reload, with its key", async () => {
    const sales = enter();
    await flush();
    void sales.tap(SALE);
    await flush();
    const { body } = last("reserve");
    const again = enter();
    await flush();
    expect(last("reserve").body).toEqual(body);
    last("reserve").answer({ ok: true, hold: holdFor(600_000) });
    await flush();
    expect(phase(again)).toBe("pay");
  });

  it("of somebody else, or of long ago, does not go on", async () => {
    enter();
    await flush();
    const kept = { kind: "tap", sale: "s", qty: 1, key: "k", person: "lin", askedTs: Date.now() };
    for (const one of [
      { ...kept, person: "ada" },
      { ...kept, askedTs: Date.now() - 3_600_000 },
    ]) {
      sessionStorage.setItem("livehub.sales", JSON.stringify([one]));
      enter();
      await flush();
      expect(asked("reserve")).toHaveLength(0);
    }
  });

  it("is asked again at once when the connection is back", async () => {
    const sales = enter();
    await flush();
    void sales.tap(SALE);
    await flush();
    fake.says("disconnect", "transport close");
    fake.says("connect");
    admit({ s: 40 });
    await flush();
    expect(asked("reserve").map(({ body }) => body.key)).toEqual(Array(2).fill(asked("reserve")[0]?.body.key));
  });

  it("of a guest goes on after signing in, once", async () => {
    me.value = null;
    let signedIn: (yes: boolean) => void = () => undefined;
    signIn = () => new Promise((resolve) => (signedIn = resolve));
    const sales = enter();
    await flush();
    void sales.tap(SALE);
    await flush();
    expect(asked("reserve")).toHaveLength(0);
    me.value = { id: "lin", token: "t" };
    signedIn(true);
    await flush();
    expect(asked("reserve")).toHaveLength(1);
    me.value = null;
    const other = enter();
    void other.tap(SALE);
    await flush();
    signedIn(false);
    await flush();
    expect([asked("reserve").length, other.said("s")?.text]).toEqual([0, "1100"]);
  });

  it("of a guest who turns out to have it already is no second one", async () => {
    me.value = null;
    listed = [holdFor(600_000)];
    signIn = async () => {
      me.value = { id: "lin", token: "t" };
      return true;
    };
    const sales = enter();
    await flush();
    void sales.tap(SALE);
    await flush();
    expect([asked("reserve").length, phase(sales)]).toEqual([0, "pay"]);
  });
});

describe("a refusal", () => {
  async function tapped(answer: unknown, card = SALE): Promise<Sales> {
    const sales = enter({ s: 40 }, card);
    await flush();
    void sales.tap(card);
    await flush();
    last("reserve").answer(answer);
    await flush();
    return sales;
  }

  it.each<[string, unknown, object, string]>([
    ["gone", refused(4022, { left: 0 }), {}, "gone"],
    ["some", refused(4022, { left: 1 }), { left: 1 }, "buy"],
    ["limitHas", refused(4023, { limit: 2, has: 2 }), { limit: 2, has: 2 }, "limit"],
    ["over", refused(4021), {}, "buy"],
    ["2011", refused(2011), {}, "buy"],
    ["4020", refused(4020), {}, "buy"],
  ])("says %s", async (text, answer, values, then) => {
    const sales = await tapped(answer);
    expect(sales.said("s")).toEqual({ text, values, tone: "bad" });
    expect(phase(sales)).toBe(then);
    await flush(3_000);
    expect(sales.said("s")).not.toBe(null);
  });

  it("of a busy server is asked again after the time it named, with the same key", async () => {
    const sales = await tapped(refused(1201, { retry_after_ms: 2_000 }));
    expect([sales.said("s"), phase(sales)]).toEqual([{ text: "busy", values: { seconds: 2 }, tone: "bad" }, "asking"]);
    await flush(2_600);
    expect(asked("reserve").map(({ body }) => body.key)).toEqual(Array(2).fill(asked("reserve")[0]?.body.key));
    last("reserve").answer({ ok: true, hold: holdFor(600_000) });
    await flush();
    expect([phase(sales), sales.said("s")]).toEqual(["pay", null]);
  });

  it("that wants proof of work is met by it, while the button says the same", async () => {
    const sales = await tapped(refused(4024, { asks: ["ticket", "proof"] }));
    expect([phase(sales), last("ticket").body]).toEqual(["asking", { sale: "s" }]);
    last("ticket").answer({ ok: true, ticket: "tick", zero_bits: 3, ends_ts: 0 });
    await flush(50);
    expect(last("reserve").body).toEqual({
      ...asked("reserve")[0]?.body,
      ticket: "tick",
      proof: expect.stringMatching(/^\d+$/),
    });
    last("reserve").answer({ ok: true, hold: holdFor(600_000) });
    await flush();
    expect(phase(sales)).toBe("pay");
  });

  it("a moment before the opening is tried once more, as a tap of its own", async () => {
    const sales = await tapped(refused(4021), { ...SALE, state: "scheduled", opens_ts: START });
    await flush(500);
    const [first, second] = asked("reserve");
    expect([phase(sales), second?.body.key === first?.body.key]).toEqual(["asking", false]);
    second?.answer(refused(4021, { opens_ts: START + 60_000 }));
    await flush(1_000);
    expect([asked("reserve").length, sales.said("s")]).toEqual([
      2,
      { text: "opensAt", values: { opens: START + 60_000 }, tone: "bad" },
    ]);
  });

  it("for not being in the room yet is asked again once the room is there", async () => {
    const sales = await tapped(refused(4027));
    await flush(500);
    expect(asked("reserve")).toHaveLength(2);
    last("reserve").answer(refused(4027));
    await flush();
    expect([asked("reserve").length, sales.said("s")?.text]).toEqual([2, "4027"]);
  });
});

describe("a hold", () => {
  it("is there after a reload, with the server's clock", async () => {
    listed = [holdFor(90_000)];
    const sales = enter();
    await flush();
    expect([phase(sales), sales.live.value.length]).toEqual(["pay", 1]);
  });

  it("runs out before one's eyes, and says so", async () => {
    listed = [holdFor(5_000)];
    const sales = enter();
    await flush();
    expect(fetch).toHaveBeenCalledTimes(1);
    listed = [holdFor(0, { state: "expired" })];
    await flush(5_001);
    expect([phase(sales), sales.said("s")]).toEqual(["buy", { text: "ranOut", values: { qty: 1 }, tone: "bad" }]);
    await flush(1_500);
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  it("that is given back is gone, and can be had again", async () => {
    listed = [holdFor(90_000)];
    const sales = enter();
    await flush();
    void sales.giveBack(sales.live.value[0] as Hold);
    void sales.giveBack(sales.live.value[0] as Hold);
    expect(asked("release")).toHaveLength(1);
    last("release").answer({ ok: true });
    await flush();
    expect([phase(sales), sales.said("s")]).toEqual(["buy", { text: "givenBack", values: { qty: 1 }, tone: "good" }]);
  });

  it("that came from the waitlist is ours", async () => {
    const sales = enter({ s: 0 });
    await flush();
    sales.take(holdFor(60_000));
    await flush();
    expect([phase(sales), sales.said("s")?.text]).toEqual(["pay", "yourTurn"]);
  });

  it("is not undone by a list that was asked for before", async () => {
    let answer: (response: Response) => void = () => undefined;
    vi.mocked(fetch).mockImplementation(() => new Promise((resolve) => (answer = resolve)));
    const sales = enter();
    await flush();
    void sales.tap(SALE);
    await flush();
    last("reserve").answer({ ok: true, hold: holdFor(600_000) });
    await flush();
    answer(new Response(JSON.stringify({ items: [], next: null })));
    await flush();
    expect(phase(sales)).toBe("pay");
  });
});

describe("a hold of another device", () => {
  const elsewhere = (change: Partial<Hold> = {}): Hold => holdFor(300_000, { id: "elsewhere", ...change });
  const show = (state: "visible" | "hidden"): void => {
    vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
    document.dispatchEvent(new Event("visibilitychange"));
  };
  afterEach(() => void vi.restoreAllMocks());

  async function refusedWith(answer: unknown, stock = { s: 40 }): Promise<Sales> {
    const sales = enter(stock);
    await flush();
    void sales.tap(SALE);
    await flush();
    listed = [elsewhere()];
    last("reserve").answer(answer);
    await flush();
    return sales;
  }

  it.each([4022, 4023])("is known at once from a refusal %i that brings it", async (code) => {
    const sales = await refusedWith(refused(code, { left: 0, limit: 1, has: 1, hold: elsewhere() }));
    expect([phase(sales), sales.standOf(SALE).hold?.id]).toEqual(["pay", "elsewhere"]);
  });

  it.each([4022, 4023])("is read after a refusal %i that does not", async (code) => {
    const sales = await refusedWith(refused(code, { left: 0, limit: 1, has: 1 }));
    await flush(3_000);
    expect(phase(sales)).toBe("pay");
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  it("is not said to be gone with the rest", async () => {
    const sales = await refusedWith(refused(4022, { left: 0, hold: elsewhere() }));
    expect(sales.said("s")).toEqual({ text: "goneButYours", values: { qty: 1 }, tone: "bad" });
  });

  it("that is no hold is not taken for one", async () => {
    const sales = enter();
    await flush();
    void sales.tap(SALE);
    await flush();
    last("reserve").answer(refused(4022, { left: 0, hold: { id: "h", lines: [null] } }));
    await flush();
    expect([phase(sales), sales.said("s")?.text]).toEqual(["gone", "gone"]);
  });

  it("is read when the page is looked at again, and when the connection is back", async () => {
    const sales = enter();
    await flush();
    listed = [elsewhere()];
    show("hidden");
    await flush();
    expect(phase(sales)).toBe("buy");
    show("visible");
    await flush();
    expect(phase(sales)).toBe("pay");
    listed = [elsewhere({ state: "released" })];
    fake.says("disconnect", "transport close");
    fake.says("connect");
    admit({ s: 40 });
    await flush();
    expect(phase(sales)).toBe("buy");
  });

  it("is read when a message tells of one", async () => {
    const sales = enter({ s: 0 });
    await flush();
    listed = [elsewhere(), holdFor(60_000)];
    sales.take(holdFor(60_000));
    await flush();
    expect(sales.live.value.map(({ id }) => id).sort()).toEqual(["elsewhere", "h"]);
  });

  it("given back there frees the limit here", async () => {
    const sales = await refusedWith(refused(4023, { limit: 1, has: 1, hold: elsewhere() }));
    await flush();
    expect(phase(sales)).toBe("pay");
    listed = [elsewhere({ state: "released" })];
    show("visible");
    await flush();
    expect(phase(sales)).toBe("buy");
  });
});

describe("another one", () => {
  async function holding(stock = { s: 40 }): Promise<Sales> {
    listed = [holdFor(300_000)];
    const sales = enter(stock);
    await flush();
    return sales;
  }

  it("is offered beside the hold, and is a tap of its own", async () => {
    const sales = await holding();
    expect(sales.standOf(SALE)).toMatchObject({ phase: "pay", another: "offer" });
    void sales.another(SALE);
    void sales.another(SALE);
    await flush();
    expect(sales.standOf(SALE)).toMatchObject({ phase: "pay", another: "asking" });
    expect(asked("reserve").map(({ body }) => body)).toEqual([
      { sale: "s", qty: 1, key: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ]);
    last("reserve").answer({ ok: true, hold: holdFor(600_000, { id: "second" }) });
    await flush();
    expect(sales.standOf(SALE)).toMatchObject({ phase: "pay", another: null, hold: { id: "h" } });
    expect([sales.live.value.length, sales.said("s")]).toEqual([
      2,
      { text: "another", values: { qty: 1 }, tone: "good" },
    ]);
  });

  it("has a new key, also when an earlier one was not answered", async () => {
    sessionStorage.setItem(
      "livehub.sales",
      JSON.stringify([{ kind: "tap", sale: "s", qty: 1, key: "old", person: "lin", askedTs: Date.now() - 3_600_000 }]),
    );
    const sales = await holding();
    sessionStorage.setItem(
      "livehub.sales",
      JSON.stringify([{ kind: "tap", sale: "s", qty: 1, key: "old", person: "lin", askedTs: Date.now() }]),
    );
    void sales.another(SALE);
    await flush();
    expect(last("reserve").body.key).not.toBe("old");
  });

  it("is asked again by the one who presses while there is no answer", async () => {
    const sales = await holding();
    void sales.another(SALE);
    await flush(3_100);
    expect(sales.standOf(SALE)).toMatchObject({ phase: "pay", another: "still" });
    const before = asked("reserve").length;
    void sales.another(SALE);
    await flush();
    expect(asked("reserve")).toHaveLength(before + 1);
    expect(new Set(asked("reserve").map(({ body }) => body.key)).size).toBe(1);
  });

  it("is not there any more when all are gone, and the hold stays", async () => {
    const sales = await holding();
    void sales.another(SALE);
    await flush();
    last("reserve").answer(refused(4022, { left: 0 }));
    await flush();
    expect(sales.standOf(SALE)).toMatchObject({ phase: "pay", another: null });
    expect(sales.said("s")?.text).toBe("goneButYours");
    void sales.another(SALE);
    await flush();
    expect(asked("reserve")).toHaveLength(1);
  });
});

describe("among several sales", () => {
  const OTHER: SaleCard = { ...SALE, id: "o" };
  const front = (sales: Sales): string | undefined => sales.front.value?.id;
  const order = (sales: Sales): string => sales.shown.value.map(({ id }) => id).join("");

  async function tapped(): Promise<Sales> {
    const sales = enter({ s: 40, o: 40 }, SALE, OTHER);
    await flush();
    expect([front(sales), order(sales)]).toEqual(["s", "so"]);
    void sales.tap(SALE);
    await flush();
    expect([front(sales), order(sales)]).toEqual(["s", "so"]);
    return sales;
  }

  it("the one that was refused stays until that was said", async () => {
    const sales = await tapped();
    last("reserve").answer(refused(4022, { left: 0 }));
    for (let ms = 0; ms < 9_900; ms += 100) {
      expect([front(sales), order(sales)]).toEqual(["s", "so"]);
      await flush(100);
    }
    await flush(200);
    expect([sales.said("s"), front(sales), order(sales)]).toEqual([null, "o", "os"]);
  });

  it("the one that was had stays for a while, although another is to be paid first", async () => {
    listed = [holdFor(100_000, { lines: [{ sale: "o", qty: 1 }] })];
    const sales = enter({ s: 40, o: 40 }, OTHER, SALE);
    await flush();
    expect([front(sales), order(sales)]).toEqual(["o", "os"]);
    void sales.tap(SALE);
    await flush();
    expect([front(sales), order(sales)]).toEqual(["s", "os"]);
    last("reserve").answer({ ok: true, hold: holdFor(600_000, { id: "mine" }) });
    await flush();
    expect(front(sales)).toBe("s");
    await flush(2_900);
    expect(front(sales)).toBe("s");
    await flush(700);
    expect(front(sales)).toBe("o");
  });

  it("the one that others have bought out stays a while, so that a tap for it is not one for the next", async () => {
    const sales = enter({ s: 40, o: 40 }, SALE, OTHER);
    await flush();
    expect([front(sales), order(sales)]).toEqual(["s", "so"]);
    tick({ s: 0, o: 40 });
    await flush();
    expect([phase(sales), front(sales), order(sales)]).toEqual(["gone", "s", "so"]);
    await flush(2_400);
    expect([front(sales), order(sales)]).toEqual(["s", "so"]);
    await flush(1_200);
    expect([front(sales), order(sales)]).toEqual(["o", "os"]);
  });

  it("who turns to another sees that one", async () => {
    const sales = await tapped();
    last("reserve").answer(refused(4022, { left: 0 }));
    await flush(1_000);
    void sales.tap(OTHER);
    await flush();
    expect([front(sales), order(sales)]).toEqual(["o", "so"]);
    last("reserve").answer(refused(4022, { left: 0 }));
    await flush(1_000);
    expect(front(sales)).toBe("o");
  });

  it("what is said of one that is not in front does not take the place of the one that is", async () => {
    const sales = await tapped();
    last("reserve").answer(refused(4022, { left: 1 }));
    await flush();
    sales.take(holdFor(60_000, { id: "turn", lines: [{ sale: "o", qty: 1 }] }));
    await flush();
    expect([front(sales), sales.said("o")?.text]).toEqual(["s", "yourTurn"]);
  });

  it("one that is taken away goes, whatever was said of it", async () => {
    const sales = await tapped();
    last("reserve").answer(refused(4022, { left: 0 }));
    await flush();
    fake.says("control", {
      room: "demo",
      epoch: "e",
      offset: 2,
      type: "sale_remove",
      ts: Date.now(),
      data: { type: "sale_remove", sale: "s" },
    });
    await flush();
    expect([front(sales), order(sales)]).toEqual(["o", "o"]);
  });
});

describe("the waitlist", () => {
  async function waiting(place = 3): Promise<Sales> {
    const sales = enter({ s: 0 });
    await flush();
    expect(phase(sales)).toBe("gone");
    void sales.wait(SALE);
    await flush();
    expect(phase(sales)).toBe("joining");
    last("wait").answer({ ok: true, place });
    await flush();
    return sales;
  }

  it("tells the place, and asks again where we stand with the same key", async () => {
    const sales = await waiting();
    expect([phase(sales), sales.standOf(SALE).place]).toEqual(["waiting", 3]);
    await flush(16_000);
    expect(last("wait").body).toEqual(asked("wait")[0]?.body);
    last("wait").answer({ ok: true, place: 1 });
    await flush();
    expect(sales.standOf(SALE).place).toBe(1);
  });

  it("that wants proof of work is met by it", async () => {
    const sales = enter({ s: 0 });
    await flush();
    void sales.wait(SALE);
    await flush();
    last("wait").answer(refused(4024, { asks: ["ticket", "proof"] }));
    await flush();
    last("ticket").answer({ ok: true, ticket: "tick", zero_bits: 3, ends_ts: 0 });
    await flush(50);
    expect([phase(sales), last("wait").body]).toEqual([
      "joining",
      { ...asked("wait")[0]?.body, ticket: "tick", proof: expect.stringMatching(/^\d+$/) },
    ]);
    last("wait").answer({ ok: true, place: 2 });
    await flush();
    expect(sales.standOf(SALE).place).toBe(2);
  });

  it.each([4024, 4027])("is not left because the place cannot be told now (%i)", async (code) => {
    const sales = await waiting();
    await flush(16_000);
    last("wait").answer(refused(code));
    await flush();
    expect([phase(sales), sales.standOf(SALE).place]).toEqual(["waiting", 3]);
  });

  it("is stood in after a reload", async () => {
    await waiting();
    const { body } = last("wait");
    const sales = enter({ s: 0 });
    await flush();
    expect([phase(sales), last("wait").body]).toEqual(["waiting", body]);
  });

  it("can be left", async () => {
    const sales = await waiting();
    void sales.leaveLine(SALE);
    expect(last("unwait").body).toEqual({ sale: "s" });
    last("unwait").answer({ ok: true });
    await flush();
    expect([phase(sales), sales.said("s")?.text, sessionStorage.getItem("livehub.sales")]).toEqual([
      "gone",
      "leftLine",
      "[]",
    ]);
  });

  it("may give units at once, or be full", async () => {
    const sales = enter({ s: 0 });
    await flush();
    void sales.wait(SALE);
    await flush();
    last("wait").answer(refused(4029));
    await flush();
    expect([phase(sales), sales.said("s")?.text]).toEqual(["gone", "4029"]);
    void sales.wait(SALE);
    await flush();
    last("wait").answer({ ok: true, hold: holdFor(60_000) });
    await flush();
    expect(phase(sales)).toBe("pay");
  });

  it("ends with the sale", async () => {
    const sales = await waiting();
    fake.says("control", {
      room: "demo",
      epoch: "e",
      offset: 2,
      type: "sale_close",
      ts: Date.now(),
      data: { type: "sale_close", sale: "s" },
    });
    await flush();
    expect([phase(sales), sales.said("s")?.text]).toEqual(["over", "lineOver"]);
  });
});

describe("the clock", () => {
  it("is told by a hold whose time is over", async () => {
    listed = [holdFor(120_000, { state: "expired" })];
    enter();
    await flush();
    expect(room.serverNow() - Date.now()).toBe(120_000);
  });

  it("of a hold begins at once with what is left", async () => {
    const sales = enter();
    await flush(499);
    void sales.tap(SALE);
    await flush();
    last("reserve").answer({ ok: true, hold: holdFor(600_000) });
    await flush();
    expect((sales.standOf(SALE).hold?.expires_ts ?? 0) - sales.now.value).toBe(600_000);
  });

  it("that is moved ahead moves what hangs on it", async () => {
    listed = [holdFor(300_000)];
    const sales = enter({ s: 40 });
    await flush();
    expect(phase(sales)).toBe("pay");
    fake.says("direct", { id: "d", type: "from_the_future", ts: Date.now() + 300_001, data: {} });
    await flush(500);
    expect([phase(sales), sales.said("s")?.text]).toEqual(["buy", "ranOut"]);
  });
});

describe("the sale", () => {
  it("opens by itself, on the server's clock, even if somebody sets the one of the device", async () => {
    const sales = enter({ s: 40 }, { ...SALE, state: "scheduled", opens_ts: START + 10_000 });
    await flush(5_000);
    vi.setSystemTime(START + 3_600_000);
    expect(phase(sales)).toBe("soon");
    await flush(4_990);
    expect(phase(sales)).toBe("soon");
    await flush(15);
    expect(phase(sales)).toBe("buy");
  });

  it("that is over is shown for a minute to those who saw it end", async () => {
    const sales = enter();
    await flush();
    fake.says("control", {
      room: "demo",
      epoch: "e",
      offset: 2,
      type: "sale_close",
      ts: Date.now(),
      data: { type: "sale_close", sale: "s" },
    });
    await flush();
    expect(sales.shown.value).toHaveLength(1);
    await flush(61_000);
    expect(sales.shown.value).toHaveLength(0);
    expect(enter({}, { ...SALE, state: "closed" }).shown.value).toHaveLength(0);
  });
});
