// @vitest-environment jsdom
// What a visitor does in a room, against a fake wire: one answer per quiz, one key per claim, own likes counted once.
import { effectScope, shallowRef, type EffectScope } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createInbox } from "@app/inbox";
import { FakeSocket } from "@shared/fake-io";
import { createOnce } from "@shared/once";
import { createPersonal } from "@shared/personal";
import { createRoomSession, type RoomSession } from "@shared/room";
import { connect, type LiveSocket } from "@shared/socket";
import type { CouponCard, QuizCard, RoomView } from "@shared/wire";
import { useCoupons } from "../coupons/useCoupons";
import { useChatLines } from "../chat/useChatLines";
import { useLikes } from "../likes/useLikes";
import { useQuiz } from "../quiz/useQuiz";

let fake: FakeSocket;
vi.mock("socket.io-client", () => ({ io: () => fake }));

const QUIZ: QuizCard = {
  id: "q1",
  kind: "choice",
  question: "?",
  options: ["a", "b"],
  unit: null,
  min_value: null,
  max_value: null,
  step: null,
  opens_ts: 0,
  closes_ts: 30_000,
  status: "open",
  prize: null,
  result: null,
};
const COUPON: CouponCard = {
  id: "c1",
  title: "c",
  amount_minor: 100,
  currency: "CNY",
  min_spend_minor: 0,
  total: 1,
  ends_ts: 20_000,
  prize: false,
  kind: "fixed",
  basis_points: 0,
  cap_minor: null,
  products: null,
  audience: "everyone",
  usable_from_ts: null,
  usable_until_ts: null,
};
const VIEW: RoomView = {
  id: "demo",
  title: "Farm",
  host: { name: "H", avatar: null },
  poster: null,
  show: { status: "live", since_ts: 0, live_ts: 0, starts_ts: null },
  pin: null,
  bag: [],
  coupons: [COUPON],
  quiz: QUIZ,
  questions: [],
  slow_mode_s: 0,
  notice: "",
  program: null,
  sales: [],
};
const settle = (): Promise<void> => vi.advanceTimersByTimeAsync(0).then(() => undefined);
const refused = (code: number, name: string): unknown => ({ ok: false, error: { code, name, message: "" } });

let scope: EffectScope;
let socket: LiveSocket;
let room: RoomSession;
const now = shallowRef(1_000);
const who = shallowRef<string | null>("me");
let offset = 1;
const happens = (data: { type: string }): void =>
  fake.says("control", { room: "demo", epoch: "e", offset: ++offset, type: data.type, ts: 0, data });

beforeEach(async () => {
  vi.useFakeTimers();
  sessionStorage.clear();
  now.value = 1_000;
  who.value = "me";
  offset = 1;
  fake = new FakeSocket();
  scope = effectScope();
  socket = connect();
  room = createRoomSession(socket, "demo", { me: () => "me" });
  fake.says("connect");
  fake.last.answer({
    ok: true,
    epoch: "e",
    offset: 1,
    recovered: false,
    missed: [],
    room: { view: VIEW, likes: 10, viewers: 1, chats: [], ts: Date.now() },
  });
  await settle();
});
afterEach(() => {
  scope.stop();
  socket.close();
  vi.useRealTimers();
});

describe("the quiz", () => {
  const open = (): ReturnType<typeof useQuiz> =>
    scope.run(() =>
      useQuiz(
        socket,
        room,
        "demo",
        now,
        createPersonal(() => who.value),
      ),
    ) as ReturnType<typeof useQuiz>;

  it("goes from asking to sent to closed to its result", async () => {
    const quiz = open();
    expect(quiz.phase.value).toBe("asking");
    const answered = quiz.answer({ choice: 1 });
    expect(fake.last.body).toEqual({ room: "demo", quiz: "q1", choice: 1 });
    fake.last.answer({ ok: true });
    await answered;
    expect([quiz.phase.value, quiz.given.value]).toEqual(["sent", { choice: 1 }]);
    now.value = 30_000;
    expect(quiz.phase.value).toBe("closed");
    happens({
      type: "quiz_result",
      quiz: "q1",
      result: { answers: 1, counts: [0, 1], winners: [], winners_total: 0 },
    } as never);
    expect(quiz.phase.value).toBe("result");
  });

  it("takes a reload, and an answer the server had already, for answered", async () => {
    const first = open().answer({ choice: 0 });
    fake.last.answer({ ok: true });
    await first;
    expect(open().given.value).toEqual({ choice: 0 });
    sessionStorage.clear();
    const quiz = open();
    const again = quiz.answer({ choice: 1 });
    fake.last.answer(refused(2022, "already_answered"));
    await again;
    expect([quiz.phase.value, quiz.given.value]).toEqual(["sent", "unknown"]);
  });

  it("can be answered again after a refusal", async () => {
    const quiz = open();
    const answered = quiz.answer({ choice: 1 });
    fake.last.answer(refused(1003, "too_fast"));
    await expect(answered).rejects.toMatchObject({ code: 1003 });
    expect([quiz.phase.value, quiz.sending.value]).toEqual(["asking", false]);
  });

  it("is celebrated once, and the later word completes the first", () => {
    const quiz = open();
    quiz.celebrate({ quiz: "q1", rank: 1, coupon: null });
    quiz.celebrate({ quiz: "q1", rank: 1, coupon: COUPON });
    expect(quiz.win.value?.coupon).toBe(COUPON);
    quiz.win.value = null;
    quiz.celebrate({ quiz: "q1", rank: 1, coupon: COUPON });
    expect(quiz.win.value).toBe(null);
  });
});

describe("coupons", () => {
  const open = (): ReturnType<typeof useCoupons> =>
    scope.run(() =>
      useCoupons(
        socket,
        room,
        now,
        createPersonal(() => who.value),
        createOnce(() => who.value),
        () => true,
      ),
    ) as ReturnType<typeof useCoupons>;

  it("keep the key of a claim for its retry", async () => {
    const coupons = open();
    const first = coupons.claim(COUPON);
    expect(coupons.stateOf(COUPON)).toBe("claiming");
    const key = (fake.last.body as { key: string }).key;
    fake.last.fail(new Error("timeout"));
    await expect(first).rejects.toMatchObject({ name: "no_answer" });
    expect(coupons.stateOf(COUPON)).toBe("open");
    const second = coupons.claim(COUPON);
    expect((fake.last.body as { key: string }).key).toBe(key);
    fake.last.answer({ ok: true, coupon: { id: "k", coupon: COUPON, claimed_ts: 1 } });
    await second;
    expect([coupons.stateOf(COUPON), coupons.mine.value.length]).toEqual(["claimed", 1]);
  });

  it("are gone when the server says so, and ended when their time is over", async () => {
    const coupons = open();
    const other = { ...COUPON, id: "c2" };
    const claimed = coupons.claim(COUPON);
    fake.last.answer(refused(4011, "coupon_gone"));
    await expect(claimed).rejects.toMatchObject({ code: 4011 });
    now.value = 20_000;
    expect([coupons.stateOf(COUPON), coupons.stateOf(other)]).toEqual(["gone", "ended"]);
  });
});

describe("another person on the same page", () => {
  it("finds a coupon as unclaimed as anybody does, and claims it with a key of their own", async () => {
    const coupons = scope.run(() =>
      useCoupons(
        socket,
        room,
        now,
        createPersonal(() => who.value),
        createOnce(() => who.value),
        () => true,
      ),
    ) as ReturnType<typeof useCoupons>;
    const first = coupons.claim(COUPON);
    const key = (fake.last.body as { key: string }).key;
    fake.last.answer({ ok: true, coupon: { id: "k", coupon: COUPON, claimed_ts: 1 } });
    await first;
    who.value = "another";
    expect([coupons.stateOf(COUPON), coupons.mine.value, coupons.known.value]).toEqual(["open", [], "no"]);
    void coupons.claim(COUPON).catch(() => undefined);
    expect((fake.last.body as { key: string }).key).not.toBe(key);
  });

  it("does not get what was claimed before they came", async () => {
    const coupons = scope.run(() =>
      useCoupons(
        socket,
        room,
        now,
        createPersonal(() => who.value),
        createOnce(() => who.value),
        () => true,
      ),
    ) as ReturnType<typeof useCoupons>;
    const claimed = coupons.claim(COUPON);
    const asked = fake.last;
    who.value = "another";
    asked.answer({ ok: true, coupon: { id: "k", coupon: COUPON, claimed_ts: 1 } });
    await claimed;
    expect([coupons.stateOf(COUPON), coupons.mine.value]).toEqual(["open", []]);
  });

  it("has answered no quiz and won none, and the first finds their answer again", async () => {
    const quiz = scope.run(() =>
      useQuiz(
        socket,
        room,
        "demo",
        now,
        createPersonal(() => who.value),
      ),
    ) as ReturnType<typeof useQuiz>;
    const answered = quiz.answer({ choice: 1 });
    fake.last.answer({ ok: true });
    await answered;
    quiz.celebrate({ quiz: "q1", rank: 1, coupon: null });
    who.value = "another";
    expect([quiz.given.value, quiz.phase.value, quiz.win.value]).toEqual([null, "asking", null]);
    who.value = "me";
    expect(quiz.given.value).toEqual({ choice: 1 });
  });
});

describe("messages", () => {
  const data = { room: "demo", quiz: "q", question: "How sweet?", rank: 2 };
  const comes = (): void => fake.says("direct", { id: "d1", type: "quiz_won", ts: 5, data });

  it("are shown once; one that comes again is only marked as read again", () => {
    const shown: string[] = [];
    const inbox = scope.run(() =>
      createInbox(
        socket,
        createPersonal(() => who.value),
      ),
    ) as ReturnType<typeof createInbox>;
    inbox.onShow((message) => shown.push(message.id) > 0);
    comes();
    expect([shown, fake.last.event, fake.last.body]).toEqual([["d1"], "read", { ids: ["d1"] }]);
    const first = fake.last;
    first.fail(new Error("timeout"));
    comes();
    expect([shown, fake.last === first, fake.last.body, inbox.unseen.value]).toEqual([
      ["d1"],
      false,
      { ids: ["d1"] },
      1,
    ]);
  });

  it("are gone for the next person", () => {
    const inbox = scope.run(() =>
      createInbox(
        socket,
        createPersonal(() => who.value),
      ),
    ) as ReturnType<typeof createInbox>;
    inbox.onShow(() => true);
    comes();
    who.value = "another";
    expect([inbox.messages.value, inbox.unseen.value]).toEqual([[], 0]);
  });
});

describe("a return after which all came anew", () => {
  const line = (id: string) => ({ id, user: "u", name: "U", role: "viewer", text: id, ts: 1 });

  it("leaves no line on the screen that was taken away meanwhile", async () => {
    vi.stubGlobal("matchMedia", () => Object.assign(new EventTarget(), { matches: false }));
    const { lines } = scope.run(() => useChatLines(room, () => "me")) as ReturnType<typeof useChatLines>;
    fake.says("tick", { room: "demo", chats: [line("a"), line("b")], likes: 10, viewers: 1 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(lines.value.map(({ id }) => id)).toEqual(["a", "b"]);
    expect([room.returns.value, room.renewals.value]).toEqual([0, 0]);

    fake.says("disconnect", "transport close");
    fake.says("connect");
    fake.last.answer({
      ok: true,
      epoch: "f",
      offset: 1,
      recovered: false,
      missed: [],
      room: {
        view: VIEW,
        likes: 10,
        viewers: 1,
        chats: [line("b"), line("c")],
        ts: Date.now(),
        bounds: { chat_chars_max: 120 },
      },
    });
    await settle();
    expect([room.returns.value, room.renewals.value, room.bound("chat_chars_max")]).toEqual([1, 1, 120]);
    expect(lines.value.map(({ id }) => id)).toEqual(["b", "c"]);
    vi.unstubAllGlobals();
  });
});

describe("likes", () => {
  it("of ours count at once and once; those of others make hearts rise", async () => {
    const seen: [number, boolean][] = [];
    const likes = scope.run(() => {
      const made = useLikes(socket, room, "demo");
      made.onHearts((count, own) => seen.push([count, own]));
      return made;
    }) as ReturnType<typeof useLikes>;
    likes.like();
    likes.like();
    expect(likes.total.value).toBe(12);
    fake.says("tick", { room: "demo", chats: [], likes: 12, viewers: 1 });
    await settle();
    expect(likes.total.value).toBe(12);
    fake.says("tick", { room: "demo", chats: [], likes: 15, viewers: 1 });
    await vi.advanceTimersByTimeAsync(700);
    expect(likes.total.value).toBe(15);
    expect(seen).toEqual([
      [1, true],
      [1, true],
      [2, false],
    ]);
  });
});
