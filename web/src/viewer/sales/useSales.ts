/**
 * The sales of a room, for one buyer: what they hold, what they asked for, and what became of it.
 *
 * A tap makes a key. It is kept until the answer is there, over retries, reconnects and reloads, so that however often it is
 * asked it is one tap. What a buyer holds is read anew at every connection, and whenever it may have changed on another device.
 */
import { computed, onScopeDispose, shallowRef, watch, type ComputedRef, type Ref } from "vue";
import { call, newKey } from "@shared/api";
import { salesOf } from "@shared/reducers/sales";
import { asRefusal, CODE, type Refusal } from "@shared/refusal";
import type { RoomSession, RoomState } from "@shared/room";
import { isHold } from "@shared/sale";
import type { LiveSocket } from "@shared/socket";
import type { Hold, SaleCard } from "@shared/wire";
import { useNow } from "@kit/useNow";
import { isOpen } from "./asking";
import { useHolds } from "./holds";
import { forget, keep, keptOf, readKept, RESUMED_WITHIN_MS, type Kept } from "./kept";
import { useLine } from "./line";
import { useQuestions } from "./questions";
import {
  anotherOf,
  byUrgency,
  holdOf,
  inPlace,
  isLive,
  limitLeft,
  nextTurnTs,
  phaseOf,
  qtyMax,
  qtyOf,
  type Another,
  type BuyersSide,
  type Left,
  type SalePhase,
} from "./sale-moment";
import { useSayings, whyNot, type Said } from "./sayings";
import { pause, without } from "./small";

export interface SaleStand {
  phase: SalePhase;
  left: Left;
  /** How many are asked for, from 1 to `max`. */
  qty: number;
  max: number;
  hold: Hold | null;
  /** One more, beside what they hold; null: not to be had. */
  another: Another | null;
  /** Place in line, from 1 on; null while not known. */
  place: number | null;
}

export interface Sales {
  /** What there is to show, most urgent first; what one is busy with stays in its place. */
  shown: ComputedRef<readonly SaleCard[]>;
  /** Where there is room for one: what one is busy with until all is said about it, else the most urgent. */
  front: ComputedRef<SaleCard | null>;
  /** The server's clock; moves at every turn of a sale as well. */
  now: Readonly<Ref<number>>;
  /** Holds that are live now, with units of this room's sales. */
  live: ComputedRef<readonly Hold[]>;
  card: (sale: string) => SaleCard | null;
  standOf: (sale: SaleCard) => SaleStand;
  said: (sale: string) => Said | null;
  choose: (sale: string, qty: number) => void;
  /** Sets units aside, once, however often it is called meanwhile. */
  tap: (sale: SaleCard) => Promise<void>;
  /** Sets one more aside, beside what is held; a tap of its own. */
  another: (sale: SaleCard) => Promise<void>;
  wait: (sale: SaleCard) => Promise<void>;
  leaveLine: (sale: SaleCard) => Promise<void>;
  giveBack: (hold: Hold) => Promise<void>;
  isGivingBack: (hold: string) => boolean;
  /** A hold that came some other way: it was our turn. */
  take: (hold: Hold) => void;
}

export interface SalesSource {
  socket: LiveSocket;
  room: RoomSession;
  /** Null for a guest. */
  me: () => { id: string } | null;
  requireSignIn: () => Promise<boolean>;
  /** Resolves when the room is live. */
  ready: () => Promise<void>;
}

/** A sale that is over stays so long. */
const OVER_SHOWN_MS = 60_000;
/** Told "not open" this close to its opening, the tap came a moment early: it goes on by itself. */
const EARLY_MS = 1_500;
const EARLY_AGAIN_MS = 400;
/** Longer than a finger is on its way. */
const TURNED_MS = 3_000;
/** Of those who are told that it is sold out there are many, at the same moment: they ask what they hold one after the other. */
const SOLD_OUT_SPREAD_MS = 3_000;

export function useSales({ socket, room, me, requireSignIn, ready }: SalesSource): Sales {
  const told = shallowRef<ReadonlyMap<string, number>>(new Map());
  const wanted = shallowRef<ReadonlyMap<string, number>>(new Map());
  const givingBack = shallowRef<ReadonlySet<string>>(new Set());
  const all = computed(() => salesOf(room.view.value));
  const card = (sale: string): SaleCard | null => all.value.find(({ id }) => id === sale) ?? null;
  const sayings = useSayings();
  const questions = useQuestions(socket, sayings, ready);
  const turns = shallowRef(0);
  const clock = useNow(room.serverNow);
  const now = computed(() => (turns.value < 0 ? 0 : Math.max(clock.value, room.serverNow())));
  const holds = useHolds({ now, isHere: (sale) => card(sale) !== null, load: loadHolds, ranOut });
  const line = useLine({ socket, questions, me, got: take, refused: sayWhy });
  const overSince = useTurns();
  /** The sale that the buyer did something about last. */
  const touched = shallowRef<string | null>(null);

  const side = (sale: string): BuyersSide => ({
    holds: holds.all.value,
    told: told.value.get(sale) ?? 0,
    pending: questions.pending(sale),
    waiting: line.has(sale),
  });
  const leftOf = (sale: string): Left => room.stock.value[sale] ?? null;
  const phase = (sale: SaleCard): SalePhase => phaseOf(sale, side(sale.id), leftOf(sale.id), now.value);

  function isShown(sale: SaleCard): boolean {
    if (phase(sale) !== "over") return true;
    const since = overSince.value.get(sale.id) ?? (sale.state === "closed" ? null : sale.closes_ts);
    return since !== null && now.value - since < OVER_SHOWN_MS;
  }

  /** Somebody is in the middle of it: it is being asked for, or something is said about it. */
  const isBusy = (sale: string): boolean => questions.isNews(sale) || sayings.of(sale) !== null;
  /** Since when each sale is what it is, where one has seen it turn. */
  const phases = computed<ReadonlyMap<string, { phase: SalePhase; sinceTs: number }>>(
    (before) =>
      new Map(
        all.value.map((sale) => {
          const [known, is] = [before?.get(sale.id), phase(sale)];
          return [
            sale.id,
            known?.phase === is ? known : { phase: is, sinceTs: known ? now.value : Number.NEGATIVE_INFINITY },
          ];
        }),
      ),
  );
  /** It keeps its place: also what has just turned, so that the next tap is not for what came there instead. */
  const stays = (sale: string): boolean =>
    isBusy(sale) || now.value - (phases.value.get(sale)?.sinceTs ?? Number.NEGATIVE_INFINITY) < TURNED_MS;
  const byNow = computed(() =>
    byUrgency(all.value.filter(isShown), (sale) => phases.value.get(sale.id)?.phase ?? phase(sale)),
  );

  function sayWhy(sale: string, refusal: Refusal): void {
    const { code } = refusal;
    const hold = refusal.part("hold", isHold);
    if (hold) learn(hold);
    if (code === CODE.soldOut) holds.refreshWithin(hold ? 0 : Math.random() * SOLD_OUT_SPREAD_MS);
    if (code === CODE.limitReached) holds.refreshWithin(0);
    if (code === CODE.limitReached)
      told.value = new Map([...told.value, [sale, refusal.figure("has") ?? card(sale)?.per_person_max ?? 0]]);
    const { text, tone, values } = whyNot(refusal, card(sale), room.serverNow());
    sayings.say(sale, text, tone, values);
  }

  async function loadHolds(): Promise<readonly Hold[] | null> {
    const person = me();
    if (!person || all.value.length === 0) return null;
    const { items: listed } = await call("GET /api/me/holds");
    if (me()?.id !== person.id) return null;
    listed.forEach(learnEnd);
    return listed;
  }

  /** One whose time is over tells the time. */
  function learnEnd({ state, expires_ts }: Hold): void {
    if (state === "expired") room.learnTime(expires_ts);
  }

  function learn(hold: Hold): void {
    learnEnd(hold);
    holds.take(hold);
    turns.value++; // Its clock starts now.
  }

  function ranOut(hold: Hold): void {
    for (const { sale } of hold.lines) sayings.say(sale, "ranOut", "bad", { qty: qtyOf(hold, sale) });
  }

  // What a refusal told has counted them.
  watch(holds.live, (here, before) => {
    const still = new Set(here.map(({ id }) => id));
    for (const { id, lines } of before)
      if (!still.has(id)) for (const { sale } of lines) told.value = without(told.value, sale);
  });

  function onVisible(): void {
    if (document.visibilityState === "visible" && isLiveRoom(room.state.value)) void holds.refresh();
  }
  document.addEventListener("visibilitychange", onVisible);
  onScopeDispose(() => document.removeEventListener("visibilitychange", onVisible));

  function take(hold: Hold): void {
    learn(hold);
    const isOurs = isLive(hold, room.serverNow());
    for (const { sale, qty } of hold.lines) {
      if (!isOurs) sayings.say(sale, "ranOut", "bad", { qty });
      else if (!questions.isAsked(sale)) sayings.say(sale, "yourTurn", "good", { qty });
      if (line.has(sale)) line.drop(sale);
    }
  }

  async function reserve(what: Kept, isSecond = false): Promise<void> {
    const { sale, qty, key } = what;
    keep(what);
    try {
      const { hold } = await questions.ask(sale, "asking", (evidence) =>
        socket.emit("reserve", { sale, qty, key, ...evidence }),
      );
      forget(what);
      const held = holdOf(holds.all.value, sale, room.serverNow());
      learn(hold);
      sayings.hush(sale);
      if (!isLive(hold, room.serverNow())) sayings.say(sale, "ranOut", "bad", { qty });
      else if (held && held.id !== hold.id) sayings.say(sale, "another", "good", { qty });
    } catch (thrown) {
      const refusal = asRefusal(thrown);
      if (!isOpen(refusal)) forget(what);
      if (!isSecond && isEarly(refusal, card(sale))) {
        await pause(EARLY_AGAIN_MS);
        return reserve({ ...what, key: newKey() }, true);
      }
      // Of one unit there is none; of several it takes a number to know.
      const left = refusal.figure("left");
      if (refusal.code === CODE.soldOut && (qty === 1 || left !== null)) room.learnStock(sale, left ?? 0);
      sayWhy(sale, refusal);
    }
  }

  function isEarly({ code }: Refusal, sale: SaleCard | null): boolean {
    return (
      code === CODE.saleClosed &&
      typeof sale?.opens_ts === "number" &&
      Math.abs(room.serverNow() - sale.opens_ts) < EARLY_MS
    );
  }

  /** What is to be asked: what was asked before without an answer, or something new. */
  function question(kind: Kept["kind"], sale: string, qty: number, key: string): Kept | null {
    const person = me()?.id;
    if (!person || questions.isAsked(sale)) return null;
    return keptOf(kind, sale, person) ?? { kind, sale, qty, key, person, askedTs: room.serverNow() };
  }

  /** Goes on with what was asked before a reload. */
  function resume(person: string): void {
    for (const one of readKept()) {
      if (one.person !== person || questions.isAsked(one.sale)) continue;
      if (one.kind === "wait") {
        if (card(one.sale)) line.rejoin(one);
      } else if (room.serverNow() - one.askedTs > RESUMED_WITHIN_MS) forget(one);
      else void reserve(one);
    }
    void line.askPlaces();
  }

  watch(
    [room.state, () => me()?.id ?? null, () => all.value.length > 0] as const,
    async ([state, person, hasSales], [, before]) => {
      if (person !== before) {
        holds.clear();
        line.clear();
        told.value = new Map();
      }
      if (!isLiveRoom(state) || !person || !hasSales) return;
      questions.again();
      await holds.refresh();
      if (me()?.id === person) resume(person);
    },
    { immediate: true },
  );

  /** Looks at the clock when something turns, and notes what a word ended. */
  function useTurns(): Readonly<Ref<ReadonlyMap<string, number>>> {
    const since = shallowRef<ReadonlyMap<string, number>>(new Map());
    let timer: ReturnType<typeof setTimeout> | undefined;
    onScopeDispose(() => clearTimeout(timer));
    watch(
      () => nextTurnTs(all.value, holds.all.value, now.value),
      (ts) => {
        clearTimeout(timer);
        if (ts !== null)
          timer = setTimeout(() => turns.value++, Math.min(Math.max(0, ts - room.serverNow()), 2 ** 31 - 1));
      },
      { immediate: true },
    );
    watch(all, (here, before) => {
      const open = new Set(before.filter(({ state }) => state !== "closed").map(({ id }) => id));
      for (const { id, state } of here) {
        if (state !== "closed" || !open.has(id)) continue;
        since.value = new Map([...since.value, [id, room.serverNow()]]);
        if (!line.has(id)) continue;
        line.drop(id);
        sayings.say(id, "lineOver");
      }
    });
    return since;
  }

  function standOf(sale: SaleCard): SaleStand {
    const mine = side(sale.id);
    const left = leftOf(sale.id);
    const max = qtyMax(sale, mine, left, now.value);
    const qty = Math.min(wanted.value.get(sale.id) ?? 1, max);
    const hold = holdOf(holds.all.value, sale.id, now.value);
    return {
      phase: phase(sale),
      left,
      max,
      qty,
      hold,
      another: anotherOf(sale, mine, left, now.value),
      place: line.place(sale.id),
    };
  }

  function said(sale: string): Said | null {
    const one = sayings.of(sale);
    if (one?.text !== "gone") return one;
    const qty = holds.live.value.reduce((sum, hold) => sum + qtyOf(hold, sale), 0);
    return qty > 0 ? { ...one, text: "goneButYours", values: { qty } } : one;
  }

  /** Once there is somebody to act for; false if they would rather not sign in, or have it already. */
  async function asSomebody(sale: string): Promise<boolean> {
    const before = me();
    sayings.hush(sale);
    if (!(await requireSignIn())) {
      sayings.say(sale, String(CODE.unauthenticated));
      return false;
    }
    await ready();
    if (!before) await holds.refresh();
    return holdOf(holds.all.value, sale, room.serverNow()) === null;
  }

  return {
    shown: computed<readonly SaleCard[]>((before) => inPlace(byNow.value, before ?? [], stays)),
    front: computed<SaleCard | null>((before) => {
      const first =
        byNow.value.find(({ id }) => id === touched.value && isBusy(id)) ??
        byNow.value.find(({ id }) => id === before?.id && stays(id));
      return first ?? byNow.value[0] ?? null;
    }),
    now,
    live: holds.live,
    card,
    standOf,
    said,
    choose: (sale, qty) => (wanted.value = new Map([...wanted.value, [sale, qty]])),
    async tap(sale) {
      if (questions.pending(sale.id) === "still") questions.again(sale.id);
      if (phase(sale) !== "buy") return;
      touched.value = sale.id;
      const [key, { qty }] = [newKey(), standOf(sale)];
      if (!(await asSomebody(sale.id))) return;
      const what = question("tap", sale.id, qty, key);
      if (what) await reserve(what);
    },
    async another(sale) {
      if (questions.pending(sale.id) === "still") questions.again(sale.id);
      if (standOf(sale).another !== "offer") return;
      touched.value = sale.id;
      const key = newKey();
      sayings.hush(sale.id);
      await ready();
      const person = me()?.id;
      if (!person || questions.isAsked(sale.id)) return;
      // What was asked before is not asked again: what came of it is among what they hold.
      await reserve({ kind: "tap", sale: sale.id, qty: 1, key, person, askedTs: room.serverNow() });
    },
    async wait(sale) {
      if (phase(sale) !== "gone") return;
      touched.value = sale.id;
      const key = newKey();
      const qty = Math.max(1, Math.min(wanted.value.get(sale.id) ?? 1, limitLeft(sale, side(sale.id), now.value)));
      if (!(await asSomebody(sale.id))) return;
      const what = question("wait", sale.id, qty, key);
      if (what) await line.join(what).catch((thrown: unknown) => sayWhy(sale.id, asRefusal(thrown)));
    },
    async leaveLine(sale) {
      touched.value = sale.id;
      try {
        await line.leave(sale.id);
        sayings.say(sale.id, "leftLine", "good");
      } catch (thrown) {
        sayWhy(sale.id, asRefusal(thrown));
      }
    },
    async giveBack(hold) {
      if (givingBack.value.has(hold.id)) return;
      givingBack.value = new Set([...givingBack.value, hold.id]);
      try {
        await socket.emit("release", { hold: hold.id });
        holds.take({ ...hold, state: "released" });
        for (const { sale, qty } of hold.lines) {
          touched.value = sale;
          sayings.say(sale, "givenBack", "good", { qty });
        }
      } catch (thrown) {
        for (const { sale } of hold.lines) sayWhy(sale, asRefusal(thrown));
        await holds.refresh();
      } finally {
        givingBack.value = new Set([...givingBack.value].filter((id) => id !== hold.id));
      }
    },
    isGivingBack: (hold) => givingBack.value.has(hold),
    take(hold) {
      take(hold);
      void holds.refresh();
    },
  };
}

function isLiveRoom(state: RoomState): boolean {
  return state === "live" || state === "degraded";
}
