/**
 * A room as a page sees it: joined on every connection, kept in order, healed by itself.
 *
 *     connecting --join--> live <--notice--> degraded
 *         |                 | connection lost        ^
 *         |                 v                        |
 *         +---------> reconnecting ------join--------+          anything --banned, no such room, bad token--> refused
 *
 * Control messages are applied in the order of their offsets. A gap, or another epoch, means something was missed: join
 * again from where we stand and get exactly that, or a fresh snapshot. Ticks are latest-wins and may be missed.
 * With a picture (`pictureTs`), what is in order waits until the picture is there, too (see in-step.ts).
 */
import { shallowReadonly, shallowRef, type ShallowRef } from "vue";
import { createHold } from "./hold";
import { asRefusal, CODE, Refusal } from "./refusal";
import { applyControl, type Bounds, withLines, moderated } from "./reduce";
import { serverClock } from "./server-clock";
import type { LiveSocket } from "./socket";
import type { ChatLine, Control, Joined, Notice, Position, RoomView, Tick } from "./wire";

export type RoomState = "connecting" | "live" | "reconnecting" | "degraded" | "refused";

/** Why control messages come: just now, or made up for after an absence. */
export type Arrival = "now" | "missed";

export interface RoomOptions {
  /** Who we are, to notice our own mute or ban. */
  me: () => string | null;
  /** Chat lines kept; the oldest go. */
  chatsMax?: number;
  /** The moment (server time, ms) that the picture shows, to keep in step with; null while there is none to be in step with. */
  pictureTs?: () => number | null;
  /** What is shown until the first join has answered. */
  preview?: Preview | null;
  /** Told after the view changed. */
  onControl?: (control: Control, arrival: Arrival) => void;
  onTick?: (tick: Tick) => void;
}

/** What a page knows of a room before it has joined it: not all of it, and not for sure. */
export interface Preview {
  view: RoomView;
  likes: number;
  viewers: number;
}

export interface RoomSession {
  state: Readonly<ShallowRef<RoomState>>;
  /** Why the room is closed to us, in state `refused`. */
  refusal: Readonly<ShallowRef<Refusal | null>>;
  view: Readonly<ShallowRef<RoomView | null>>;
  /** The view is no more than a preview: what is not in it may be there. */
  isPreview: Readonly<ShallowRef<boolean>>;
  chats: Readonly<ShallowRef<readonly ChatLine[]>>;
  likes: Readonly<ShallowRef<number>>;
  viewers: Readonly<ShallowRef<number>>;
  stock: Readonly<ShallowRef<Readonly<Record<string, number>>>>;
  /** What an answer told is left of a sale, until the next tick says better. */
  learnStock: (sale: string, left: number) => void;
  /** We may not chat until then (server time, ms); 0 when we may. */
  mutedUntil: Readonly<ShallowRef<number>>;
  /** The server's clock now, in ms, as far as we know it. Nothing sets it back. */
  serverNow: () => number;
  /** Something tells that the server's clock has got to `ts`. */
  learnTime: (ts: number) => void;
  /** What the installation takes (`bounds` of a snapshot); undefined from a server of before. */
  bound: (name: string) => number | undefined;
  /** How often we came back; with each time something may have happened that nobody told us. */
  returns: Readonly<ShallowRef<number>>;
  /** How often all came anew, since what happened meanwhile was too much to tell. */
  renewals: Readonly<ShallowRef<number>>;
  leave: () => void;
}

export const CHATS_MAX = 200;
/** Control messages that may come while a join is under way; more than that is a gap, which the next join heals. */
const PENDING_MAX = 500;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 10_000;

const FINAL: readonly number[] = [CODE.banned, CODE.roomNotFound, CODE.badToken, CODE.badRequest];

export function createRoomSession(socket: LiveSocket, room: string, options: RoomOptions): RoomSession {
  const state = shallowRef<RoomState>("connecting");
  const refusal = shallowRef<Refusal | null>(null);
  const view = shallowRef<RoomView | null>(options.preview?.view ?? null);
  const isPreview = shallowRef(view.value !== null);
  const chats = shallowRef<ChatLine[]>([]);
  const likes = shallowRef(options.preview?.likes ?? 0);
  const viewers = shallowRef(options.preview?.viewers ?? 0);
  const stock = shallowRef<Record<string, number>>({});
  const mutedUntil = shallowRef(0);
  const chatsMax = options.chatsMax ?? CHATS_MAX;

  let position: Position | null = null;
  const bounds = shallowRef<Bounds>({});
  const returns = shallowRef(0);
  const renewals = shallowRef(0);
  let degraded = false;
  let attempt = 0;
  /** Counts joins, so that the answer to an outdated one is ignored. */
  let joinNumber = 0;
  let joining = false;
  let pending: Control[] = [];
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let left = false;
  // A clock that nobody sets: countdowns go on when somebody moves the one of the device.
  const startedAt = Date.now() - performance.now();
  const clock = (): number => Math.round(startedAt + performance.now());
  const server = serverClock();
  const serverNow = (): number => server.now(clock());
  const learnTime = (ts: number): void => server.heard(ts, clock());
  const hold = createHold({
    me: options.me,
    now: serverNow,
    pictureTs: options.pictureTs ?? (() => null),
    showControl: (control) => take(control, "now"),
    showLines: (lines) => (chats.value = withLines(chats.value, lines, chatsMax)),
  });

  async function join(): Promise<void> {
    clearTimeout(retryTimer);
    const number = ++joinNumber;
    joining = true;
    pending = [];
    const sentAt = clock();
    try {
      const joined = await socket.emit("join", { room, since: position });
      if (number === joinNumber && !left) admit(joined, sentAt);
    } catch (thrown) {
      if (number === joinNumber && !left) failed(asRefusal(thrown));
    }
  }

  function admit(joined: Joined, sentAt: number): void {
    const { room: snapshot, epoch, offset } = joined;
    server.answered(snapshot.ts, sentAt, clock());
    bounds.value = snapshot.bounds ?? {}; // None from a server of before.
    const before = position ? view.value : null;
    if (joined.recovered && before) {
      hold.flush();
      for (const control of joined.missed) take(control, "missed");
    } else {
      hold.drop(); // The snapshot has it all.
      view.value = snapshot.view;
      isPreview.value = false;
    }
    chats.value = withLines(joined.recovered ? chats.value : [], snapshot.chats, chatsMax);
    likes.value = snapshot.likes;
    viewers.value = snapshot.viewers;
    stock.value = snapshot.stock ?? {}; // None from a server of before.
    if (before) returns.value++;
    if (before && !joined.recovered) renewals.value++;
    position = { epoch, offset };
    attempt = 0;
    joining = false;
    const waiting = pending;
    pending = [];
    if (!refusal.value) state.value = degraded ? "degraded" : "live";
    for (const control of waiting) onControl(control);
  }

  function failed(why: Refusal): void {
    joining = false;
    if (FINAL.includes(why.code)) {
      refuse(why);
      return;
    }
    if (why.code === CODE.offline) return; // The link tells us when it is back.
    state.value = view.value ? "reconnecting" : "connecting";
    const backoff = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** attempt++);
    const wait = why.retryAfterMs ?? backoff;
    retryTimer = setTimeout(() => void join(), wait * (0.75 + Math.random() / 2));
  }

  function refuse(why: Refusal): void {
    refusal.value = why;
    state.value = "refused";
  }

  function onControl(control: Control): void {
    if (control.room !== room || left) return;
    learnTime(control.ts);
    if (joining || !position) {
      if (pending.length < PENDING_MAX) pending.push(control);
      return;
    }
    const here = position;
    if (control.epoch === here.epoch && control.offset <= here.offset) return;
    if (control.epoch !== here.epoch || control.offset !== here.offset + 1) {
      void join();
      return;
    }
    position = { epoch: control.epoch, offset: control.offset };
    hold.control(control);
  }

  function take(control: Control, arrival: Arrival): void {
    if (!view.value) return;
    view.value = applyControl(view.value, control, bounds.value);
    chats.value = moderated(chats.value, control.data);
    const { data } = control;
    if (data.type === "mute" && data.user === options.me()) mutedUntil.value = data.until_ts;
    // One that is over already takes lines away alone: of who had their account erased.
    if (data.type === "ban" && data.user === options.me() && data.until_ts > control.ts) {
      refuse(new Refusal({ code: CODE.banned, name: "banned", message: "" }));
    }
    options.onControl?.(control, arrival);
  }

  function onTick(tick: Tick): void {
    if (tick.room !== room || !position) return;
    for (const { ts } of tick.chats) learnTime(ts);
    hold.lines(tick.chats);
    likes.value = tick.likes;
    viewers.value = tick.viewers;
    // Without it nothing is counted any more; there are many ticks of rooms where nothing ever was.
    if (tick.stock || Object.keys(stock.value).length > 0) stock.value = tick.stock ?? {};
    options.onTick?.(tick);
  }

  function onNotice(notice: Notice): void {
    learnTime(notice.ts);
    if (notice.type === "moving") return; // The connection will drop, and the link heals it.
    degraded = notice.type === "degraded";
    if (state.value === "live" || state.value === "degraded") state.value = degraded ? "degraded" : "live";
  }

  function onLinkChange(): void {
    const { link } = socket;
    if (link.state === "connected") {
      degraded = false;
      // A new connection is a new chance, e.g. after signing in again; the server refuses anew if it must.
      refusal.value = null;
      if (state.value === "refused") state.value = "connecting";
      void join();
    } else if (link.state === "refused") {
      refuse(link.refusal);
    } else {
      joinNumber++; // An answer on the lost connection no longer counts.
      joining = false;
      clearTimeout(retryTimer);
      if (state.value !== "refused") state.value = view.value ? "reconnecting" : "connecting";
    }
  }

  const stops = [
    socket.on("control", onControl),
    socket.on("tick", onTick),
    socket.on("notice", onNotice),
    socket.on("direct", ({ ts }) => learnTime(ts)),
    socket.on("staff", ({ ts }) => learnTime(ts)),
    socket.onLink(onLinkChange),
  ];
  if (socket.link.state !== "connecting") onLinkChange();

  return {
    state: shallowReadonly(state),
    refusal: shallowReadonly(refusal),
    view: shallowReadonly(view),
    isPreview: shallowReadonly(isPreview),
    chats: shallowReadonly(chats),
    likes: shallowReadonly(likes),
    viewers: shallowReadonly(viewers),
    stock: shallowReadonly(stock),
    learnStock: (sale, units) => (stock.value = { ...stock.value, [sale]: units }),
    mutedUntil: shallowReadonly(mutedUntil),
    serverNow,
    learnTime,
    bound: (name) => bounds.value[name],
    returns: shallowReadonly(returns),
    renewals: shallowReadonly(renewals),
    leave() {
      left = true;
      hold.drop();
      clearTimeout(retryTimer);
      for (const stop of stops) stop();
      if (socket.link.state === "connected") socket.emit("leave", { room }).catch(() => undefined);
    },
  };
}
