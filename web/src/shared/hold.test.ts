// A room with a picture: messages wait for it, what is urgent does not, and nothing is lost or shown twice.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createHold, type Hold } from "./hold";
import type { ChatLine, Control, ControlData } from "./wire";

let hold: Hold;
let picture: number | null;
let shown: string[];

const control = (ts: number, data: ControlData): Control => ({
  room: "r",
  epoch: "e",
  offset: ts,
  type: data.type,
  ts,
  data,
});
const unpin = (ts: number): Control => control(ts, { type: "unpin" });
const line = (id: string, ts: number, user = "u"): ChatLine => ({ id, user, name: user, role: "viewer", text: id, ts });

beforeEach(() => {
  vi.useFakeTimers({ now: 10_000 });
  shown = [];
  picture = 7_000;
  hold = createHold({
    me: () => "me",
    now: () => Date.now(),
    pictureTs: () => (picture === null ? null : picture + Date.now() - 10_000),
    showControl: ({ type, ts }) => shown.push(`${type}@${ts}`),
    showLines: (lines) => shown.push(...lines.map(({ id }) => id)),
  });
});
afterEach(() => {
  hold.drop();
  vi.useRealTimers();
});

describe("a room behind a picture three seconds old", () => {
  it("shows a message when the picture is there", () => {
    hold.control(unpin(9_950));
    vi.advanceTimersByTime(2_900);
    expect(shown).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(shown).toEqual(["unpin@9950"]);
  });

  it("shows at once what was made before the picture's moment", () => {
    hold.control(unpin(6_900));
    expect(shown).toEqual(["unpin@6900"]);
  });

  it("shows one's own lines at once, and those of others in step", () => {
    hold.lines([line("theirs", 10_000), line("mine", 10_000, "me")]);
    expect(shown).toEqual(["mine"]);
    vi.advanceTimersByTime(3_100);
    expect(shown).toEqual(["mine", "theirs"]);
  });

  it("tells the end of the show at once, after all that came before it", () => {
    hold.control(unpin(9_900));
    hold.control(
      control(10_000, { type: "show", show: { status: "ended", since_ts: 10_000, live_ts: 1, starts_ts: null } }),
    );
    expect(shown).toEqual(["unpin@9900", "show@10000"]);
  });

  it("never shows a line that was deleted, or of somebody who was banned, while it waited", () => {
    hold.lines([line("bad", 9_900), line("worse", 9_900, "troll"), line("fine", 9_900)]);
    hold.control(control(9_950, { type: "chat_delete", line: "bad" }));
    hold.control(control(9_960, { type: "ban", user: "troll", until_ts: 99_000 }));
    vi.advanceTimersByTime(4_000);
    expect(shown).toEqual(["chat_delete@9950", "ban@9960", "fine"]);
  });

  it("lets everything go when the picture stops", () => {
    hold.control(unpin(9_950));
    picture = null;
    vi.advanceTimersByTime(100);
    expect(shown).toEqual(["unpin@9950"]);
  });

  it("forgets what waits when a snapshot replaces it", () => {
    hold.control(unpin(9_950));
    hold.drop();
    vi.advanceTimersByTime(20_000);
    expect(shown).toEqual([]);
  });
});
