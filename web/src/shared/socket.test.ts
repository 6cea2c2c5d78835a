// The socket says who is here once that is known, goes on with a renewed token, and comes back when the session says so.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeSocket } from "./fake-io";
import { CODE, offline, type Refusal } from "./refusal";
import { connect, type LiveSocket } from "./socket";

let fake: FakeSocket;
let greet: (say: (auth: object) => void) => void;
vi.mock("socket.io-client", () => ({
  io: (_url: string, { auth }: { auth: typeof greet }) => {
    greet = auth;
    return fake;
  },
}));

let token: Promise<string | null>;
let renew: (refused: string | null, why: Refusal) => Promise<boolean>;
let renewals: [string | null, number][];
const links: string[] = [];

function opened(): LiveSocket {
  const socket = connect({
    token: () => token,
    renew: (refused, why) => {
      renewals.push([refused, why.code]);
      return renew(refused, why);
    },
  });
  socket.onLink(({ state }) => links.push(state));
  socket.open();
  fake.calls.length = 0;
  links.length = 0;
  return socket;
}

/** What the page says of itself on the connection that is made. */
async function greeted(): Promise<object> {
  const said = vi.fn();
  greet(said);
  await settle();
  return said.mock.calls[0]?.[0] as object;
}

const settle = (): Promise<void> => vi.advanceTimersByTimeAsync(0).then(() => undefined);
const closes = (code: number): void => fake.says("disconnect", "transport close", { context: { code, reason: "" } });

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  fake = new FakeSocket();
  token = Promise.resolve("t1");
  renew = () => Promise.resolve(true);
  renewals = [];
});

describe("who is here", () => {
  it("is said once it is known, on the connection that is open then, and on no other", async () => {
    let know: (token: string | null) => void = () => undefined;
    token = new Promise((resolve) => (know = resolve));
    opened();
    const [first, second] = [vi.fn(), vi.fn()];
    greet(first);
    greet(second); // the first connection was lost meanwhile
    know("t1");
    await settle();
    expect([first.mock.calls, second.mock.calls]).toEqual([[], [[{ token: "t1" }]]]);
  });

  it("is nobody where nobody is, and nothing at all once the page is away", async () => {
    token = Promise.resolve(null);
    const socket = opened();
    expect(await greeted()).toEqual({});
    const said = vi.fn();
    greet(said);
    socket.pause();
    await settle();
    expect(said).not.toHaveBeenCalled();
  });
});

describe("a renewed token", () => {
  it("is said on the open connection, once", async () => {
    const socket = opened();
    await greeted();
    fake.says("connect");
    socket.renewed("t2");
    socket.renewed("t2");
    expect(fake.asked.map(({ event, body }) => [event, body])).toEqual([["token", { token: "t2" }]]);
    fake.last.answer({ ok: true });
    await settle();
    expect([fake.calls, socket.link.state]).toEqual([[], "connected"]);
  });

  it("of somebody else begins a new connection; one that is not heard of, none", async () => {
    const socket = opened();
    await greeted();
    fake.says("connect");
    socket.renewed("t2");
    fake.last.fail(new Error("timeout"));
    await settle();
    expect(fake.calls).toEqual([]);
    socket.renewed("t3");
    fake.last.answer({ ok: false, error: { code: CODE.otherPerson, name: "other_person", message: "" } });
    await settle();
    expect([fake.calls, socket.link.state]).toEqual([["disconnect", "connect"], "reconnecting"]);
  });

  it("needs no word while there is no connection", () => {
    opened().renewed("t2");
    expect(fake.asked).toEqual([]);
  });
});

describe("a connection that is closed", () => {
  it("with 3006 comes back by itself, with whatever token there is then", async () => {
    opened();
    await greeted();
    fake.says("connect");
    token = Promise.resolve("t2");
    closes(3006);
    expect([renewals, fake.calls, links]).toEqual([[], [], ["connected", "reconnecting"]]);
    expect(await greeted()).toEqual({ token: "t2" });
  });

  it("with 3505 asks whether there is another session, and comes back as that", async () => {
    const socket = opened();
    await greeted();
    fake.says("connect");
    closes(3505);
    await settle();
    expect([renewals, fake.calls]).toEqual([[["t1", CODE.sessionEnded]], ["disconnect", "connect"]]);
    expect([links, socket.link.state]).toEqual([["connected", "reconnecting"], "reconnecting"]);
  });

  it("with 3505 stays away where there is none", async () => {
    renew = () => Promise.resolve(false);
    const socket = opened();
    await greeted();
    fake.says("connect");
    closes(3505);
    await settle();
    expect(socket.link).toMatchObject({ state: "refused", refusal: { code: CODE.sessionEnded } });
    expect(fake.calls).toEqual(["disconnect", "disconnect"]);
  });

  it("by a server that refuses every token is given up after three", async () => {
    const socket = opened();
    for (let n = 0; n < 4; n++) {
      await greeted();
      fake.says("connect_error", { data: { code: CODE.badToken, name: "bad_token", message: "" } });
      await settle();
    }
    expect([renewals.length, socket.link.state]).toEqual([3, "refused"]);
    socket.open();
    expect([fake.calls.at(-1), socket.link.state]).toEqual(["connect", "reconnecting"]);
  });

  it("comes back later, and later, while nobody can say whether there is another token", async () => {
    renew = () => Promise.reject(offline());
    const socket = opened();
    for (const wait of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      fake.says("connect_error", { data: { code: CODE.badToken, name: "bad_token", message: "" } });
      await settle();
      fake.calls.length = 0;
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(fake.calls).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(fake.calls).toEqual(["connect"]);
    }
    expect(socket.link.state).toBe("connecting");
  });

  it("does not come back when it was put away while that was asked", async () => {
    let say: (comes: boolean) => void = () => undefined;
    renew = () => new Promise((resolve) => (say = resolve));
    const socket = opened();
    await greeted();
    fake.says("connect");
    closes(3505);
    socket.pause();
    say(true);
    await settle();
    expect(fake.calls).toEqual(["disconnect", "disconnect"]);
  });
});
