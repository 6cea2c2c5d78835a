// A view after control messages is what the server's own room would show; what does not concern the view leaves it alone.
import { describe, expect, it } from "vitest";
import { applyControl, type Bounds, withLines, moderated } from "./reduce";
import { BAG_MAX } from "./reducers/catalogue";
import { QUESTIONS_MAX } from "./reducers/chat";
import { COUPONS_MAX } from "./reducers/coupons";
import { SALES_MAX } from "./reducers/sales";
import reductions from "./reductions.json";
import type { Card, ChatLine, Control, ControlData, CouponCard, Question, QuizCard, RoomView, SaleCard } from "./wire";

const card = (id: string, title = id): Card => ({
  id,
  no: null,
  title,
  subtitle: null,
  image: null,
  price_minor: 3990,
  list_price_minor: null,
  currency: "CNY",
  unit: null,
});
const coupon = (id: string, title = id): CouponCard => ({
  id,
  title,
  amount_minor: 1000,
  currency: "CNY",
  min_spend_minor: 0,
  total: 100,
  ends_ts: null,
  prize: false,
  kind: "fixed",
  basis_points: 0,
  cap_minor: null,
  products: null,
  audience: "everyone",
  usable_from_ts: null,
  usable_until_ts: null,
});
const sale = (id: string, change: Partial<SaleCard> = {}): SaleCard => ({
  id,
  card: card("berries"),
  price_minor: 2990,
  currency: "CNY",
  units: 9,
  per_person_max: 2,
  opens_ts: null,
  closes_ts: null,
  coupons: false,
  state: "scheduled",
  ...change,
});
const quiz = (id: string): QuizCard => ({
  id,
  kind: "choice",
  question: "?",
  options: ["a", "b"],
  unit: null,
  min_value: null,
  max_value: null,
  step: null,
  opens_ts: 1,
  closes_ts: 2,
  status: "open",
  prize: null,
  result: null,
});
const question = (id: string): Question => ({ id, name: "n", text: "t", answer: "", answered_ts: 1 });
const line = (id: string, user = "u1"): ChatLine => ({ id, user, name: user, role: "viewer", text: id, ts: 1 });
const EMPTY: RoomView = {
  id: "demo",
  title: "Farm",
  host: { name: "H", avatar: null },
  poster: null,
  show: { status: "scheduled", since_ts: 0, live_ts: null, starts_ts: null },
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

let offset = 0;
const control = (data: ControlData): Control => ({
  room: "demo",
  epoch: "e",
  offset: ++offset,
  type: data.type,
  ts: 0,
  data,
});
const afterIn = (bounds: Bounds, view: RoomView, ...all: ControlData[]): RoomView =>
  all.reduce((now, data) => applyControl(now, control(data), bounds), view);
const after = (view: RoomView, ...all: ControlData[]): RoomView => afterIn({}, view, ...all);
const ids = (items: { id: string }[]): string[] => items.map((item) => item.id);

describe("the server's own examples", () => {
  type Story = { bounds: Bounds; view: RoomView; controls: ControlData[]; then: RoomView };
  it.each((reductions as unknown as Story[]).map((story, n) => [n, story] as const))(
    "story %i ends alike",
    (_n, { bounds, view, controls, then }) => {
      expect(afterIn(bounds, view, ...controls)).toEqual(then);
    },
  );
});

describe("the show and the room", () => {
  it("takes over the show as a whole", () => {
    const show = { status: "live", since_ts: 5, live_ts: 5, starts_ts: null } as const;
    expect(after(EMPTY, { type: "show", show }).show).toEqual(show);
  });

  it("takes over title, host, poster and notice", () => {
    const view = after(EMPTY, {
      type: "room",
      title: "T",
      host: { name: "B", avatar: "/a" },
      poster: "/p",
      notice: "N",
    });
    expect([view.title, view.host.name, view.poster, view.notice]).toEqual(["T", "B", "/p", "N"]);
  });

  it("takes over slow mode", () => {
    expect(after(EMPTY, { type: "slow_mode", seconds: 10 }).slow_mode_s).toBe(10);
  });
});

describe("the bag and the pin", () => {
  it("puts a pinned product into the bag, newest first", () => {
    const view = after(EMPTY, { type: "bag_put", card: card("a") }, { type: "pin", card: card("b") });
    expect(view.pin?.id).toBe("b");
    expect(ids(view.bag)).toEqual(["b", "a"]);
  });

  it("changes a known product in place", () => {
    const view = after(
      EMPTY,
      { type: "pin", card: card("a") },
      { type: "pin", card: card("b") },
      { type: "pin", card: card("a", "new") },
    );
    expect(ids(view.bag)).toEqual(["b", "a"]);
    expect(view.bag[1]?.title).toBe("new");
  });

  it("has a bound", () => {
    let view = EMPTY;
    for (let n = 0; n < BAG_MAX + 3; n++) view = after(view, { type: "bag_put", card: card(`c${n}`) });
    expect(view.bag).toHaveLength(BAG_MAX);
    expect(view.bag[0]?.id).toBe(`c${BAG_MAX + 2}`);
  });

  it("shows a change of the pinned product on the pin", () => {
    const view = after(EMPTY, { type: "pin", card: card("a") }, { type: "bag_put", card: card("a", "cheaper") });
    expect(view.pin?.title).toBe("cheaper");
  });

  it("keeps the bag when the pin goes", () => {
    const view = after(EMPTY, { type: "pin", card: card("a") }, { type: "unpin" });
    expect([view.pin, ids(view.bag)]).toEqual([null, ["a"]]);
  });

  it("unpins a product that leaves the bag", () => {
    const view = after(EMPTY, { type: "pin", card: card("a") }, { type: "bag_remove", card: "a" });
    expect([view.pin, view.bag]).toEqual([null, []]);
  });
});

describe("coupons", () => {
  it("shows a coupon once and drops it at its end", () => {
    const shown = after(
      EMPTY,
      { type: "coupon", coupon: coupon("c") },
      { type: "coupon", coupon: coupon("c", "again") },
    );
    expect(shown.coupons.map((one) => one.title)).toEqual(["again"]);
    expect(after(shown, { type: "coupon_end", coupon: "c" }).coupons).toEqual([]);
  });
});

describe("sales", () => {
  const open = (id: string): ControlData => ({ type: "sale_open", sale: sale(id, { state: "open" }) });
  const states = (view: RoomView): string[] => view.sales.map(({ id, state }) => `${id} ${state}`);

  it("come first when they are new, and change in place from then on", () => {
    const view = after(
      EMPTY,
      { type: "sale_scheduled", sale: sale("a") },
      { type: "sale_scheduled", sale: sale("b") },
      open("a"),
    );
    expect(states(view)).toEqual(["b scheduled", "a open"]);
    expect(states(after(view, { type: "sale_close", sale: "a" }))).toEqual(["b scheduled", "a closed"]);
    expect(states(after(view, { type: "sale_remove", sale: "b" }))).toEqual(["a open"]);
  });

  it("have other units and another limit once staff have changed them; one that is shown no more stays away", () => {
    const view = after(EMPTY, open("b"), open("a"));
    const change = sale("b", { state: "open", units: 7, per_person_max: 3 });
    const { sales } = after(view, { type: "sale_change", sale: change });
    expect(sales.map(({ id, units, per_person_max }) => [id, units, per_person_max])).toEqual([
      ["a", sale("a").units, sale("a").per_person_max],
      ["b", 7, 3],
    ]);
    expect(states(after(view, { type: "sale_change", sale: sale("c") }))).toEqual(states(view));
  });

  it("that are over leave first when there are too many", () => {
    const view = afterIn(
      { sales_max: 3 },
      EMPTY,
      open("a"),
      open("b"),
      open("c"),
      { type: "sale_close", sale: "b" },
      open("d"),
    );
    expect(states(view)).toEqual(["d open", "c open", "a open"]);
    expect(states(afterIn({ sales_max: 3 }, view, open("e")))).toEqual(["e open", "d open", "c open"]);
  });

  it("are bounded where the snapshot does not say", () => {
    let view = EMPTY;
    for (let n = 0; n < SALES_MAX + 2; n++) view = after(view, open(`s${n}`));
    expect(view.sales).toHaveLength(SALES_MAX);
  });

  it("begin in a view of a server that knew none", () => {
    const older = { ...EMPTY, sales: undefined } as unknown as RoomView;
    expect(states(after(older, open("a")))).toEqual(["a open"]);
  });
});

describe("bounds", () => {
  it("are those of the snapshot", () => {
    const shown = ["a", "b", "c", "d"].map((id): ControlData => ({ type: "coupon", coupon: coupon(id) }));
    expect(ids(afterIn({ coupons_max: 3 }, EMPTY, ...shown).coupons)).toEqual(["d", "c", "b"]);
  });

  it("are the server's defaults where the snapshot does not say", () => {
    let view = EMPTY;
    for (let n = 0; n < COUPONS_MAX + 3; n++) view = after(view, { type: "coupon", coupon: coupon(`c${n}`) });
    expect(view.coupons).toHaveLength(COUPONS_MAX);
  });
});

describe("the quiz", () => {
  const result = {
    answers: 3,
    counts: [1, 2],
    winners: [],
    winners_total: 0,
    correct_choice: 1,
    correct_value: null,
    edges: null,
  };

  it("opens, closes, and has a result", () => {
    const open = after(EMPTY, { type: "quiz_open", quiz: quiz("q") });
    expect(open.quiz?.status).toBe("open");
    const closed = after(open, { type: "quiz_close", quiz: "q" });
    expect([closed.quiz?.status, closed.quiz?.result]).toEqual(["closed", null]);
    expect(after(closed, { type: "quiz_result", quiz: "q", result }).quiz?.result).toEqual(result);
  });

  it("is not touched by what belongs to another quiz", () => {
    const open = after(EMPTY, { type: "quiz_open", quiz: quiz("q2") });
    expect(after(open, { type: "quiz_close", quiz: "q1" }, { type: "quiz_result", quiz: "q1", result })).toBe(open);
  });
});

describe("answered questions", () => {
  it("come first, are bounded, and each is there once", () => {
    let view = EMPTY;
    for (let n = 0; n < QUESTIONS_MAX + 5; n++) view = after(view, { type: "question", question: question(`q${n}`) });
    expect(view.questions).toHaveLength(QUESTIONS_MAX);
    expect(view.questions[0]?.id).toBe(`q${QUESTIONS_MAX + 4}`);
    expect(
      after(view, { type: "question", question: question("q20") }).questions.filter((one) => one.id === "q20"),
    ).toHaveLength(1);
  });
});

describe("moderation", () => {
  it("leaves the view alone", () => {
    const all: ControlData[] = [
      { type: "chat_delete", line: "l" },
      { type: "mute", user: "u", until_ts: 1 },
      { type: "ban", user: "u", until_ts: 1 },
    ];
    expect(after(EMPTY, ...all)).toBe(EMPTY);
  });

  it("leaves the view alone for a type it does not know", () => {
    for (const type of ["from_the_future", "constructor", "__proto__"]) {
      expect(applyControl(EMPTY, control({ type } as unknown as ControlData), {})).toBe(EMPTY);
    }
  });

  it("drops a deleted line, and the lines of a banned person only while banned", () => {
    const lines = [line("1"), line("2", "u2"), line("3")];
    expect(ids(moderated(lines, { type: "chat_delete", line: "2" }))).toEqual(["1", "3"]);
    expect(ids(moderated(lines, { type: "ban", user: "u1", until_ts: 9 }))).toEqual(["2"]);
    expect(moderated(lines, { type: "ban", user: "u1", until_ts: 0 })).toBe(lines);
    expect(moderated(lines, { type: "mute", user: "u1", until_ts: 9 })).toBe(lines);
  });

  it("puts a restored line back where it was said, once", () => {
    const at = (ts: number) => ({ ...line(String(ts)), ts });
    const back = (there: number[], again: number) =>
      ids(moderated(there.map(at), { type: "chat_restore", line: at(again) }));
    expect(back([1, 3], 2)).toEqual(["1", "2", "3"]);
    expect(back([1, 2], 3)).toEqual(["1", "2", "3"]);
    expect(back([1, 2, 3], 2)).toEqual(["1", "2", "3"]);
  });
});

describe("the chat list", () => {
  it("takes each line once and keeps the newest", () => {
    expect(ids(withLines([line("1"), line("2")], [line("2"), line("3"), line("4")], 3))).toEqual(["2", "3", "4"]);
  });

  it("is the same object when nothing is new", () => {
    const lines = [line("1")];
    expect(withLines(lines, [], 3)).toBe(lines);
    expect(withLines(lines, [line("1")], 3)).toBe(lines);
  });
});
