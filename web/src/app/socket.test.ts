// One socket for an app: there while somebody is signed in or in a room, and never as who was here before.
import { computed, effectScope, reactive, type EffectScope } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Person } from "@shared/api-types";
import { FakeSocket } from "@shared/fake-io";
import { createAppSocket, type AppSocket, type SocketSession } from "./socket";

let fake: FakeSocket;
let greet: (say: (auth: object) => void) => void;
vi.mock("socket.io-client", () => ({
  io: (_url: string, { auth }: { auth: typeof greet }) => {
    greet = auth;
    return fake;
  },
}));

const state = reactive({ known: null as { token: string; person: Person } | null });
let scope: EffectScope;

function made(guests = true): AppSocket {
  const session = reactive({
    guests,
    token: computed(() => state.known?.token ?? null),
    person: computed(() => state.known?.person ?? null),
    isSignedIn: computed(() => state.known !== null && state.known.person.role !== "guest"),
    trouble: null,
    access: { token: () => Promise.resolve(state.known?.token ?? null), renew: () => Promise.resolve(null) },
  }) as unknown as SocketSession;
  return scope.run(() => createAppSocket(session)) as AppSocket;
}

const is = (id: string | null, token = `t-${id}`): void => {
  const role = id?.startsWith("g") ? "guest" : "viewer";
  state.known = id === null ? null : { token, person: { id, name: id, role } as Person };
};

async function connected(): Promise<object> {
  const said = vi.fn();
  greet(said);
  await Promise.resolve();
  await Promise.resolve();
  await Promise.resolve();
  fake.says("connect");
  return said.mock.calls[0]?.[0] as object;
}

beforeEach(() => {
  vi.useFakeTimers();
  fake = new FakeSocket();
  scope = effectScope();
  is(null);
});
afterEach(() => {
  scope.stop();
  vi.useRealTimers();
});

describe("the socket of an app", () => {
  it("is there for who is signed in, wherever they are, and for a guest while they are in a room and a little longer", () => {
    const { hold } = made();
    is("g1");
    expect(fake.calls).toEqual([]);
    const [one, two] = [hold(), hold()];
    expect(fake.calls).toEqual(["connect"]);
    one();
    one();
    expect(fake.calls).toEqual(["connect"]);
    two();
    vi.advanceTimersByTime(29_999);
    expect(fake.calls).toEqual(["connect"]);
    vi.advanceTimersByTime(1);
    expect(fake.calls).toEqual(["connect", "disconnect"]);
    is("ada");
    expect(fake.calls).toEqual(["connect", "disconnect", "connect"]);
  });

  it("is opened before it is known who is here, and is not opened again for that", async () => {
    made().hold();
    expect(fake.calls).toEqual(["connect"]);
    is("g1");
    expect(await connected()).toEqual({ token: "t-g1" });
    expect(fake.calls).toEqual(["connect"]);
  });

  it("begins anew at once when somebody else is here, or nobody", async () => {
    made().hold();
    is("ada");
    await connected();
    is(null);
    expect(fake.calls).toEqual(["connect", "disconnect", "connect"]);
    is("g1");
    expect(await connected()).toEqual({ token: "t-g1" });
    expect(fake.calls).toEqual(["connect", "disconnect", "connect"]);
    is("ben");
    expect(fake.calls.slice(3)).toEqual(["disconnect", "connect"]);
    expect(fake.asked).toEqual([]);
  });

  it("hears of a renewed token of the same person on the open connection", async () => {
    made();
    is("ada");
    await connected();
    is("ada", "t-ada-2");
    expect([fake.calls, fake.last.event, fake.last.body]).toEqual([["connect"], "token", { token: "t-ada-2" }]);
  });

  it("is put away where nobody is signed in and guests have no business, even if a room is kept", async () => {
    const { socket, hold } = made(false);
    is("ada");
    hold();
    await connected();
    is(null);
    expect([fake.calls, socket.link.state]).toEqual([["connect", "disconnect"], "reconnecting"]);
    is("ada");
    expect(fake.calls).toEqual(["connect", "disconnect", "connect"]);
  });
});
