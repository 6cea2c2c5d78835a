/**
 * The sales of a room, for one buyer: what they hold, what they asked for, and what became of it.
 *
 * A tap makes a key. It is kept until the answer is there, over retries, reconnects and reloads, so that however often it is
 * asked it is one tap. What a buyer holds is read anew at every connection.
 */
import { computed, onScopeDispose, shallowRef, watch, type ComputedRef, type Ref } from "vue";
import { call, newKey } from "@shared/api";
import type { HoldList } from "@shared/api-types";
import { salesOf } from "@shared/reducers/sales";
import { asRefusal, CODE, type Refusal } from "@shared/refusal";
import type { RoomSession } from "@shared/room";
import type { LiveSocket } from "@shared/socket";
import type { Hold, SaleCard } from "@shared/wire";
import { useNow } from "../parts/useNow";
import { isOpen } from "./asking";
import { useHolds } from "./holds";
import { forget, keep, keptOf, readKept, RESUMED_WITHIN_MS, type Kept } from "./kept";
import { useLine } from "./line";
import { useQuestions } from "./questions";
import { byUrgency, holdOf, isLive, limitLeft, nextTurnTs, phaseOf, qtyMax, qtyOf, type BuyersSide, type Left, type SalePhase } from "./sale-moment";
import { useSayings, whyNot, type Said } from "./sayings";
import { pause, without } from "./small";

export interface SaleStand {
  phase: SalePhase;
  left: Left;
  /** How many are asked for, from 1 to `max`. */
  qty: number;
  max: number;
  hold: Hold | null;
  /** Place in line, from 1 on; null while not known. */
  place: number | null;
}

export interface Sales {
  /** What there is to show, most urgent first. */
  shown: ComputedRef<readonly SaleCard[]>;
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
  me: () => { id: string; token: string | null } | null;
  requireSignIn: () => Promise<boolean>;
  /** Resolves when the room is live. */
  ready: () => Promise<void>;
}

/** A sale that is over stays so long. */
const OVER_SHOWN_MS = 60_000;
/** Told "not open" this close to its opening, the tap came a moment early: it goes on by itself. */
const EARLY_MS = 1_500;
const EARLY_AGAIN_MS = 400;

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

  function sayWhy(sale: string, refusal: Refusal): void {
    const { code, figures } = refusal;
    if (code === CODE.limitReached) told.value = new Map([...told.value, [sale, figures.has ?? card(sale)?.per_person_max ?? 0]]);
    const { text, tone, values } = whyNot(refusal, card(sale), room.serverNow());
    sayings.say(sale, text, tone, values);
  }

  async function loadHolds(): Promise<readonly Hold[] | null> {
    const person = me();
    if (!person || all.value.length === 0) return null;
    const { items: listed } = await call<HoldList>("GET", "/api/me/holds", { token: person.token });
    return me()?.id === person.id ? listed : null;
  }

  function ranOut(hold: Hold): void {
    for (const { sale } of hold.lines) {
      told.value = without(told.value, sale);
      sayings.say(sale, "ranOut", "bad", { qty: qtyOf(hold, sale) });
    }
  }

  function take(hold: Hold): void {
    holds.take(hold);
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
      const { hold } = await questions.ask(sale, "asking", (evidence) => socket.emit("reserve", { sale, qty, key, ...evidence }));
      forget(what);
      holds.take(hold);
      sayings.hush(sale);
      if (!isLive(hold, room.serverNow())) sayings.say(sale, "ranOut", "bad", { qty });
    } catch (thrown) {
      const refusal = asRefusal(thrown);
      if (!isOpen(refusal)) forget(what);
      if (!isSecond && isEarly(refusal, card(sale))) {
        await pause(EARLY_AGAIN_MS);
        return reserve({ ...what, key: newKey() }, true);
      }
      // Of one unit there is none; of several it takes a number to know.
      if (refusal.code === CODE.soldOut && (qty === 1 || refusal.figures.left !== undefined)) room.learnStock(sale, refusal.figures.left ?? 0);
      sayWhy(sale, refusal);
    }
  }

  function isEarly({ code }: Refusal, sale: SaleCard | null): boolean {
    return code === CODE.saleClosed && typeof sale?.opens_ts === "number" && Math.abs(room.serverNow() - sale.opens_ts) < EARLY_MS;
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
      if ((state !== "live" && state !== "degraded") || !person || !hasSales) return;
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
        if (ts !== null) timer = setTimeout(() => turns.value++, Math.min(Math.max(0, ts - room.serverNow()), 2 ** 31 - 1));
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
    return { phase: phase(sale), left, max, qty, hold: holdOf(holds.all.value, sale.id, now.value), place: line.place(sale.id) };
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
    shown: computed(() => byUrgency(all.value.filter(isShown), phase)),
    now,
    live: holds.live,
    card,
    standOf,
    said: sayings.of,
    choose: (sale, qty) => (wanted.value = new Map([...wanted.value, [sale, qty]])),
    async tap(sale) {
      if (questions.pending(sale.id) === "still") questions.again(sale.id);
      if (phase(sale) !== "buy") return;
      const [key, { qty }] = [newKey(), standOf(sale)];
      if (!(await asSomebody(sale.id))) return;
      const what = question("tap", sale.id, qty, key);
      if (what) await reserve(what);
    },
    async wait(sale) {
      if (phase(sale) !== "gone") return;
      const key = newKey();
      const qty = Math.max(1, Math.min(wanted.value.get(sale.id) ?? 1, limitLeft(sale, side(sale.id), now.value)));
      if (!(await asSomebody(sale.id))) return;
      const what = question("wait", sale.id, qty, key);
      if (what) await line.join(what).catch((thrown: unknown) => sayWhy(sale.id, asRefusal(thrown)));
    },
    async leaveLine(sale) {
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
          told.value = without(told.value, sale);
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
    take,
  };
}
