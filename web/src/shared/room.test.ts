// A room session applies control in order, notices what it missed, and heals: over reconnects, gaps and new epochs.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeSocket } from "./fake-io";
import { createRoomSession, type RoomOptions, type RoomSession } from "./room";
import { connect, type LiveSocket } from "./socket";
import type { ChatLine, Control, ControlData, Joined, RoomView } from "./wire";

let fake: FakeSocket;
vi.mock("socket.io-client", () => ({ io: () => fake }));

const VIEW: RoomView = {
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
  sales: [],
};
const line = (id: string, user = "u1"): ChatLine => ({ id, user, name: user, role: "viewer", text: id, ts: 1 });
const joined = (offset: number, more: Partial<Joined> = {}, view: Partial<RoomView> = {}): Joined => ({
  ok: true,
  epoch: "e1",
  offset,
  recovered: false,
  missed: [],
  room: { view: { ...VIEW, ...view }, likes: 5, viewers: 7, chats: [line("a")], ts: Date.now(), bounds: {}, stock: {} },
  ...more,
});
const control = (offset: number, data: ControlData, epoch = "e1"): Control => ({
  room: "demo",
  epoch,
  offset,
  type: data.type,
  ts: 0,
  data,
});
const slow = (offset: number, epoch = "e1"): Control => control(offset, { type: "slow_mode", seconds: offset }, epoch);
const settle = (): Promise<void> => vi.advanceTimersByTimeAsync(0).then(() => undefined);

let socket: LiveSocket;
let session: RoomSession;

function open(options: Partial<RoomOptions> = {}): void {
  fake = new FakeSocket();
  socket = connect();
  session = createRoomSession(socket, "demo", { me: () => "me", ...options });
}

async function join(answer: Joined): Promise<void> {
  fake.says("connect");
  fake.last.answer(answer);
  await settle();
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  session.leave();
  socket.close();
  vi.useRealTimers();
});

describe("joining", () => {
  it("starts from the snapshot", async () => {
    open();
    expect(session.state.value).toBe("connecting");
    fake.says("connect");
    expect(fake.last).toMatchObject({ event: "join", body: { room: "demo", since: null } });
    fake.last.answer(joined(3));
    await settle();
    expect(session.state.value).toBe("live");
    expect([session.view.value?.title, session.likes.value, session.viewers.value]).toEqual(["Farm", 5, 7]);
  });

  it("shows a preview until the snapshot takes its place, which is no return", async () => {
    open({ preview: { view: { ...VIEW, title: "Preview" }, likes: 1, viewers: 2 } });
    expect([session.state.value, session.isPreview.value]).toEqual(["connecting", true]);
    expect([session.view.value?.title, session.likes.value, session.viewers.value]).toEqual(["Preview", 1, 2]);
    fake.says("connect");
    expect(fake.last).toMatchObject({ event: "join", body: { room: "demo", since: null } });
    fake.last.answer(joined(3));
    await settle();
    expect([session.state.value, session.isPreview.value, session.view.value?.title]).toEqual(["live", false, "Farm"]);
    expect([session.returns.value, session.renewals.value]).toEqual([0, 0]);
  });

  it("applies what came while the answer was under way, once and in order", async () => {
    open();
    fake.says("connect");
    for (const offset of [3, 4, 5]) fake.says("control", slow(offset));
    fake.last.answer(joined(4, {}, { slow_mode_s: 4 }));
    await settle();
    expect(session.view.value?.slow_mode_s).toBe(5);
    expect(fake.asked).toHaveLength(1);
  });

  it("tries again when the server is not available, after the time it names", async () => {
    open();
    fake.says("connect");
    fake.last.answer({ ok: false, error: { code: 1200, name: "unavailable", message: "", retry_after_ms: 1_000 } });
    await settle();
    expect(session.state.value).toBe("connecting");
    await vi.advanceTimersByTimeAsync(1_300);
    expect(fake.asked).toHaveLength(2);
  });

  it("is refused for good where there is no such room", async () => {
    open();
    fake.says("connect");
    fake.last.answer({ ok: false, error: { code: 2000, name: "room_not_found", message: "" } });
    await settle();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([session.state.value, session.refusal.value?.code, fake.asked.length]).toEqual(["refused", 2000, 1]);
  });
});

describe("control", () => {
  it("is applied in order, and twice the same is once", async () => {
    const seen: number[] = [];
    open({ onControl: ({ offset }) => seen.push(offset) });
    await join(joined(1));
    for (const offset of [2, 2, 3, 1]) fake.says("control", slow(offset));
    expect(seen).toEqual([2, 3]);
    expect(session.view.value?.slow_mode_s).toBe(3);
  });

  it("with a gap makes the session ask for what it missed", async () => {
    const seen: [number, string][] = [];
    open({ onControl: ({ offset }, arrival) => seen.push([offset, arrival]) });
    await join(joined(1));
    fake.says("control", slow(4));
    expect(session.view.value?.slow_mode_s).toBe(0);
    expect(fake.last.body).toEqual({ room: "demo", since: { epoch: "e1", offset: 1 } });
    fake.last.answer(joined(4, { recovered: true, missed: [slow(2), slow(3), slow(4)] }));
    await settle();
    expect(seen).toEqual([
      [2, "missed"],
      [3, "missed"],
      [4, "missed"],
    ]);
    expect(session.view.value?.slow_mode_s).toBe(4);
  });

  it("of another epoch makes it start from a fresh snapshot", async () => {
    open();
    await join(joined(9));
    fake.says("control", slow(1, "e2"));
    fake.last.answer(joined(1, { epoch: "e2" }, { title: "Anew" }));
    await settle();
    fake.says("control", slow(2, "e2"));
    expect([session.view.value?.title, session.view.value?.slow_mode_s]).toEqual(["Anew", 2]);
  });

  it("of another room is not ours", async () => {
    open();
    await join(joined(1));
    fake.says("control", { ...slow(2), room: "other" });
    expect(session.view.value?.slow_mode_s).toBe(0);
  });

  it("takes deleted lines and the lines of the banned away", async () => {
    open();
    await join(joined(1));
    fake.says("tick", { room: "demo", chats: [line("b", "u2"), line("c")], likes: 5, viewers: 7 });
    fake.says("control", control(2, { type: "chat_delete", line: "a" }));
    fake.says("control", control(3, { type: "ban", user: "u2", until_ts: 99 }));
    expect(session.chats.value.map((one) => one.id)).toEqual(["c"]);
  });

  it("takes our lines away by a ban that is over already, and lets us stay", async () => {
    open();
    await join(joined(1));
    fake.says("tick", { room: "demo", chats: [line("b", "me"), line("c")], likes: 5, viewers: 7 });
    fake.says("control", { ...control(2, { type: "ban", user: "me", until_ts: 1 }), ts: 5_000 });
    expect([session.state.value, session.refusal.value]).toEqual(["live", null]);
    expect(session.chats.value.map((one) => one.id)).not.toContain("b");
  });

  it("tells us of our own mute and ban, and of nobody else's", async () => {
    open();
    await join(joined(1));
    fake.says("control", control(2, { type: "mute", user: "other", until_ts: 50 }));
    fake.says("control", control(3, { type: "mute", user: "me", until_ts: 70 }));
    expect(session.mutedUntil.value).toBe(70);
    fake.says("control", control(4, { type: "ban", user: "me", until_ts: 90 }));
    expect([session.state.value, session.refusal.value?.code]).toEqual(["refused", 2011]);
  });
});

describe("ticks", () => {
  it("bring lines once, up to the bound, and the latest totals", async () => {
    open({ chatsMax: 3 });
    await join(joined(1));
    fake.says("tick", {
      room: "demo",
      chats: [line("a"), line("b"), line("c"), line("d")],
      likes: 8,
      viewers: 2,
      stock: { x: 1 },
    });
    expect(session.chats.value.map((one) => one.id)).toEqual(["b", "c", "d"]);
    expect([session.likes.value, session.viewers.value, session.stock.value]).toEqual([8, 2, { x: 1 }]);
  });
});

describe("the connection", () => {
  it("may be lost: the room joins again from where it stood and keeps its lines", async () => {
    open();
    await join(joined(2));
    fake.says("disconnect", "transport close", {});
    expect(session.state.value).toBe("reconnecting");
    fake.says("connect");
    expect(fake.last.body).toEqual({ room: "demo", since: { epoch: "e1", offset: 2 } });
    fake.last.answer(joined(3, { recovered: true, missed: [slow(3)] }));
    await settle();
    expect([session.state.value, session.view.value?.slow_mode_s, session.chats.value.length]).toEqual(["live", 3, 1]);
  });

  it("may be lost during a join: the old answer no longer counts", async () => {
    open();
    fake.says("connect");
    const first = fake.last;
    fake.says("disconnect", "transport close", {});
    first.answer(joined(1, {}, { title: "Old" }));
    await settle();
    expect(session.view.value).toBe(null);
    await join(joined(2, {}, { title: "New" }));
    expect(session.view.value?.title).toBe("New");
  });

  it("is not sought again when the server closes it with 3500 or more", async () => {
    open();
    await join(joined(1));
    fake.says("disconnect", "transport close", { context: { code: 3504, reason: "" } });
    expect([session.state.value, session.refusal.value?.code]).toEqual(["refused", 3504]);
    expect(fake.calls).toEqual(["disconnect"]);
  });

  it("is sought again by us when the server ends it politely", async () => {
    open();
    await join(joined(1));
    fake.says("disconnect", "io server disconnect");
    expect(session.state.value).toBe("reconnecting");
    await vi.advanceTimersByTimeAsync(3_000);
    expect(fake.calls).toEqual(["connect"]);
  });

  it("gets another chance with another token", async () => {
    open();
    await join(joined(1));
    fake.says("disconnect", "transport close", { context: { code: 3500 } });
    await settle();
    expect(session.refusal.value?.code).toBe(1101);
    socket.reconnect();
    await join(joined(1));
    expect([session.state.value, session.refusal.value]).toEqual(["live", null]);
  });
});

describe("notices", () => {
  it("show that the service is degraded, and that it is restored", async () => {
    open();
    await join(joined(1));
    fake.says("notice", { type: "degraded", ts: 0, after_ms: 0 });
    expect(session.state.value).toBe("degraded");
    fake.says("notice", { type: "restored", ts: 0, after_ms: 0 });
    expect(session.state.value).toBe("live");
  });
});

describe("the server's clock", () => {
  it("is taken from the answer to the join", async () => {
    open();
    const snapshot = joined(1);
    await join({ ...snapshot, room: { ...snapshot.room, ts: Date.now() + 60_000 } });
    expect(session.serverNow() - Date.now()).toBe(60_000);
  });

  it("is behind the device's, too, where that is ahead", async () => {
    open();
    fake.says("connect");
    fake.says("control", { ...slow(1), ts: Date.now() - 60_000 });
    const snapshot = joined(1);
    fake.last.answer({ ...snapshot, room: { ...snapshot.room, ts: Date.now() - 60_000 } });
    await settle();
    expect(session.serverNow() - Date.now()).toBe(-60_000);
  });

  it("is not guessed far ahead when the join took long", async () => {
    open();
    fake.says("connect");
    await vi.advanceTimersByTimeAsync(5_000);
    fake.last.answer(joined(1));
    await settle();
    expect(session.serverNow() - Date.now()).toBe(250);
  });

  it("is not set back by a later join, whose answer was made for somebody before us", async () => {
    open();
    await join(joined(1));
    const old = joined(1);
    await vi.advanceTimersByTimeAsync(4_000);
    fake.says("disconnect", "transport close", {});
    await join(old);
    expect(session.serverNow() - Date.now()).toBe(0);
    fake.says("disconnect", "transport close", {});
    const moved = joined(1);
    await join({ ...moved, room: { ...moved.room, ts: Date.now() + 3_600_000 } });
    expect(session.serverNow() - Date.now()).toBe(3_600_000);
  });

  it("is taken from whatever came fastest, so that what is late does not make it tremble", async () => {
    open();
    await join(joined(1));
    const told: [event: string, message: (ts: number) => unknown][] = [
      ["direct", (ts) => ({ id: "d", type: "x", ts, data: {} })],
      ["staff", (ts) => ({ room: "demo", type: "figures", ts, data: {} })],
      ["notice", (ts) => ({ type: "restored", ts, after_ms: 0 })],
    ];
    let ahead = 0;
    for (const [event, message] of told) {
      fake.says(event, message(Date.now() + (ahead += 60_000)));
      expect(session.serverNow() - Date.now()).toBe(ahead);
      for (const lateMs of [900, 20, 300]) fake.says(event, message(Date.now() + ahead - lateMs));
      expect(session.serverNow() - Date.now()).toBe(ahead);
    }
    session.learnTime(Date.now() + ahead + 40);
    expect(session.serverNow() - Date.now()).toBe(ahead + 40);
  });

  it("is taken from what comes later, too, when that is ahead of it", async () => {
    open();
    await join(joined(1));
    fake.says("control", { ...slow(2), ts: Date.now() + 3_600_000 });
    expect(session.serverNow() - Date.now()).toBe(3_600_000);
    fake.says("tick", { room: "demo", chats: [{ ...line("b"), ts: Date.now() + 7_200_000 }], likes: 0, viewers: 1 });
    expect(session.serverNow() - Date.now()).toBe(7_200_000);
    fake.says("control", { ...slow(3), ts: Date.now() });
    expect(session.serverNow() - Date.now()).toBe(7_200_000);
  });
});

describe("asking", () => {
  it("is refused at once without a connection, and with a word when there is no answer", async () => {
    open();
    await expect(socket.emit("like", { room: "demo", n: 1 })).rejects.toMatchObject({ name: "offline" });
    await join(joined(1));
    const liked = socket.emit("like", { room: "demo", n: 1 });
    fake.last.fail(new Error("timeout"));
    await expect(liked).rejects.toMatchObject({ name: "no_answer" });
  });

  it("gives the server's refusal with its number and its wait", async () => {
    open();
    await join(joined(1));
    const said = socket.emit("chat", { room: "demo", text: "x" });
    fake.last.answer({ ok: false, error: { code: 2013, name: "slow_mode", message: "", retry_after_ms: 4_000 } });
    await expect(said).rejects.toMatchObject({ code: 2013, retryAfterMs: 4_000 });
  });
});
