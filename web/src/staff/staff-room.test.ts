// What staff see stays true: events show at once, HTTP has the last word, and whatever was lost is asked for again.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Figures, HeldLine, OrderFigures, QuestionRow } from "@shared/api-types";
import { FakeSocket } from "@shared/fake-io";
import { connect, type LiveSocket } from "@shared/socket";
import type { Control, ControlData, RoomView } from "@shared/wire";
import { createStaffRoom, type StaffRoom } from "./staff-room";

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
const FIGURES: Figures = {
  viewers: 3,
  viewers_peak: 4,
  viewers_unique: 9,
  likes: 5,
  chats: 6,
  chats_per_s: 0.5,
  likes_per_s: 1,
  questions_open: 1,
  held: 1,
};
const SOLD: OrderFigures = { orders: 3, paid: 2, buyers: 2, people: 9, gmv: [{ currency: "CNY", amount_minor: 5930 }] };
const question = (id: string): QuestionRow => ({
  id,
  user: "u",
  name: "Ann",
  text: id,
  status: "open",
  answer: "",
  asked_at: "2026-05-01T00:00:00Z",
});
const held = (id: string, reports = 0): HeldLine => ({
  id,
  reason: reports > 0 ? "report" : "word",
  reports,
  held_at: "2026-05-01T00:00:00Z",
  matched: [],
  line: { id: `line-${id}`, user: "u", name: "Ann", role: "viewer", text: id, ts: 1 },
});

/** What HTTP would answer now; counts what was asked. */
const server = { questions: [question("q1")], held: [held("h1")], asked: new Map<string, number>() };

function answer(url: string): unknown {
  const rest = url.replace("/api/rooms/demo", "").replace(/\?.*/, "");
  server.asked.set(rest, (server.asked.get(rest) ?? 0) + 1);
  if (rest === "/questions") return { questions: server.questions };
  if (rest === "/moderation") return { held: server.held, restrictions: [], slow_mode_s: 0 };
  if (rest === "/quizzes") return { quizzes: [] };
  if (rest === "/order-figures") return SOLD;
  return FIGURES;
}

let socket: LiveSocket;
let staff: StaffRoom;
const asked = (path: string): number => server.asked.get(path) ?? 0;
const wait = (ms: number): Promise<void> => vi.advanceTimersByTimeAsync(ms).then(() => undefined);
const says = (type: string, data: object): void => fake.says("staff", { room: "demo", type, ts: Date.now(), data });
const control = (offset: number, data: ControlData): Control => ({
  room: "demo",
  epoch: "e",
  offset,
  type: data.type,
  ts: 0,
  data,
});
const ids = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id);

async function join(offset = 0): Promise<void> {
  fake.says("connect");
  fake.last.answer({
    ok: true,
    epoch: "e",
    offset,
    recovered: false,
    missed: [],
    room: { view: VIEW, likes: 0, viewers: 0, chats: [], ts: Date.now() },
  });
  await wait(1);
}

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", async (url: string) => new Response(JSON.stringify(answer(url))));
  Object.assign(server, { questions: [question("q1")], held: [held("h1")], asked: new Map() });
  fake = new FakeSocket();
  socket = connect();
  staff = createStaffRoom(socket, "demo", () => "me");
  await join();
});
afterEach(() => {
  staff.leave();
  socket.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a room as staff see it", () => {
  it("asks for everything once it is joined", () => {
    expect(ids(staff.questions.value)).toEqual(["q1"]);
    expect(ids(staff.held.value)).toEqual(["h1"]);
    expect(staff.figures.value).toEqual(FIGURES);
    expect(staff.sold.value).toEqual(SOLD);
    expect(staff.quizzes.value).toEqual([]);
  });

  it("shows what is told at once, and what HTTP says after that", async () => {
    server.held = [held("h1"), held("h2", 3)];
    says("report", held("h2", 1));
    expect(staff.held.value.map(({ reports }) => reports)).toEqual([0, 1]);
    await wait(1_000);
    expect(staff.held.value.map(({ reports }) => reports)).toEqual([0, 3]);
  });

  it("asks once for a burst of events", async () => {
    const before = asked("/questions");
    for (let n = 0; n < 40; n += 1) says("question", question(`q${n}`));
    await wait(5_000);
    expect(asked("/questions") - before).toBe(1);
  });

  it("lets go of a question that somebody answered and of a line that somebody deleted", () => {
    const before = staff.doings.value;
    fake.says(
      "control",
      control(1, { type: "question", question: { id: "q1", name: "Ann", text: "", answer: "", answered_ts: 0 } }),
    );
    fake.says("control", control(2, { type: "chat_delete", line: "line-h1" }));
    expect([staff.questions.value, staff.held.value]).toEqual([[], []]);
    expect(staff.doings.value).toBe(before + 2);
  });

  it("notices by the figures that a colleague dealt with something", async () => {
    await wait(1_000);
    server.held = [];
    says("figures", { ...FIGURES, held: 0 });
    await wait(1_000);
    expect(staff.held.value).toEqual([]);
    expect(staff.series.value.viewers).toHaveLength(2);
  });

  it("shows what is sold as it is told, and believes nothing odd", async () => {
    says("orders", { ...SOLD, paid: 3 });
    expect(staff.sold.value).toEqual({ ...SOLD, paid: 3 });
    for (const odd of [{}, { ...SOLD, gmv: [{ currency: 1 }] }, { ...SOLD, gmv: null }, { ...SOLD, people: "9" }])
      says("orders", odd);
    expect(staff.sold.value).toEqual({ ...SOLD, paid: 3 });
    const before = asked("/moderation");
    await wait(3_000);
    expect(asked("/moderation")).toBe(before);
  });

  it("asks again after a lost connection", async () => {
    await wait(1_000);
    fake.says("disconnect", "transport close");
    server.questions = [question("q1"), question("q2")];
    await join();
    await wait(1_000);
    expect(ids(staff.questions.value)).toEqual(["q1", "q2"]);
  });

  it("is quiet after leaving", async () => {
    staff.leave();
    server.asked.clear();
    says("held", held("h9"));
    await wait(60_000);
    expect(server.asked.size).toBe(0);
    expect(ids(staff.held.value)).toEqual(["h1"]);
  });
});
