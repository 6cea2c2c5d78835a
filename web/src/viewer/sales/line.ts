/** Standing in line for what is sold out. The question that got us there, with the same key, tells our place as well. */
import { onScopeDispose, shallowRef } from "vue";
import { asRefusal, CODE, type Refusal } from "@shared/refusal";
import type { LiveSocket } from "@shared/socket";
import type { Hold, Waiting } from "@shared/wire";
import { isOpen } from "./asking";
import { forget, keep, keptOf, type Kept } from "./kept";
import type { Questions } from "./questions";
import { without } from "./small";

export interface Line {
  has: (sale: string) => boolean;
  /** From 1 on; null while not known. */
  place: (sale: string) => number | null;
  /** Takes a place; throws Refusal. */
  join: (what: Kept) => Promise<void>;
  /** Stood there before a reload. */
  rejoin: (what: Kept) => void;
  /** Throws Refusal. */
  leave: (sale: string) => Promise<void>;
  /** The line is no more, or it was our turn. */
  drop: (sale: string) => void;
  askPlaces: () => Promise<void>;
  clear: () => void;
}

export interface LineSource {
  socket: LiveSocket;
  questions: Questions;
  me: () => { id: string } | null;
  /** It was our turn. */
  got: (hold: Hold) => void;
  refused: (sale: string, refusal: Refusal) => void;
}

const EVERY_MS = 15_000;
/** They say nothing about the place: it is asked for again at the next time. */
const NO_WORD: readonly number[] = [CODE.moreNeeded, CODE.notInRoom, CODE.notJoined];

export function useLine({ socket, questions, me, got, refused }: LineSource): Line {
  const places = shallowRef<ReadonlyMap<string, number | null>>(new Map());
  const timer = setInterval(() => void askPlaces(), EVERY_MS);
  onScopeDispose(() => clearInterval(timer));

  function drop(sale: string): void {
    places.value = without(places.value, sale);
    forget({ kind: "wait", sale });
  }

  function settle(sale: string, { place, hold }: Waiting): void {
    if (hold) {
      drop(sale);
      got(hold);
    } else places.value = new Map([...places.value, [sale, place ?? null]]);
  }

  async function askPlaces(): Promise<void> {
    const person = me();
    if (!person || document.visibilityState !== "visible") return;
    for (const sale of places.value.keys()) {
      const known = keptOf("wait", sale, person.id);
      if (!known || questions.isAsked(sale)) continue;
      try {
        const answer = await socket.emit("wait", { sale, qty: known.qty, key: known.key });
        if (places.value.has(sale)) settle(sale, answer);
      } catch (thrown) {
        const refusal = asRefusal(thrown);
        if (isOpen(refusal) || NO_WORD.includes(refusal.code) || !places.value.has(sale)) continue;
        drop(sale);
        refused(sale, refusal);
      }
    }
  }

  return {
    has: (sale) => places.value.has(sale),
    place: (sale) => places.value.get(sale) ?? null,
    drop,
    askPlaces,
    async join(what) {
      const { sale, qty, key } = what;
      keep(what);
      try {
        settle(
          sale,
          await questions.ask(sale, "joining", (evidence) => socket.emit("wait", { sale, qty, key, ...evidence })),
        );
      } catch (thrown) {
        if (!isOpen(asRefusal(thrown))) forget(what);
        throw thrown;
      }
    },
    rejoin({ sale }) {
      if (!places.value.has(sale)) places.value = new Map([...places.value, [sale, null]]);
    },
    async leave(sale) {
      await socket.emit("unwait", { sale });
      drop(sale);
    },
    clear: () => (places.value = new Map()),
  };
}
