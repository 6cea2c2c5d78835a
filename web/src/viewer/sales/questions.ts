/** What is being asked of each sale now: one question at a time, with whatever the server wants besides. */
import { onScopeDispose, shallowRef } from "vue";
import { CODE, type Refusal } from "@shared/refusal";
import type { LiveSocket } from "@shared/socket";
import { createAsking, type Asking } from "./asking";
import { prove } from "./proof";
import type { Pending } from "./sale-moment";
import type { Sayings } from "./sayings";
import { pause, without } from "./small";

/** What a tap takes along when the server has asked for it. */
export interface Evidence {
  ticket?: string;
  proof?: string;
}

export interface Questions {
  pending: (sale: string) => Pending;
  isAsked: (sale: string) => boolean;
  /** There is no answer yet, or it has just come. */
  isNews: (sale: string) => boolean;
  /** Asks until there is an answer; throws Refusal. */
  ask: <Reply>(sale: string, as: "asking" | "joining", send: (evidence: Evidence) => Promise<Reply>) => Promise<Reply>;
  /** Asks what is not answered yet again, at once. */
  again: (sale?: string) => void;
}

/** Of one question: more means that something is wrong. */
const PROOFS_MAX = 3;
const JOIN_AGAIN_MS = 400;
/** So long whoever has asked looks at the answer. */
const NEWS_MS = 3_000;
/** On a connection that has not joined yet, or is still a guest's. */
const NOT_HERE_YET: readonly number[] = [CODE.notInRoom, CODE.notJoined, CODE.unauthenticated];

export function useQuestions(socket: LiveSocket, sayings: Sayings, ready: () => Promise<void>): Questions {
  const pending = shallowRef<ReadonlyMap<string, Pending>>(new Map());
  const asked = new Map<string, Asking<unknown>>();
  const stop = new AbortController();
  /** Answers of a moment ago. */
  const news = shallowRef<ReadonlyMap<string, ReturnType<typeof setTimeout>>>(new Map());
  onScopeDispose(() => {
    stop.abort();
    news.value.forEach((timer) => clearTimeout(timer));
  });

  function set(sale: string, state: Pending): void {
    pending.value = state ? new Map([...pending.value, [sale, state]]) : without(pending.value, sale);
  }

  function announce(sale: string): void {
    clearTimeout(news.value.get(sale));
    const timer = setTimeout(() => (news.value = without(news.value, sale)), NEWS_MS);
    news.value = new Map([...news.value, [sale, timer]]);
  }

  async function evidenceFor(sale: string): Promise<Evidence> {
    const { ticket, zero_bits } = await socket.emit("ticket", { sale });
    return { ticket, proof: await prove(ticket, zero_bits, stop.signal) };
  }

  return {
    pending: (sale) => pending.value.get(sale) ?? null,
    isAsked: (sale) => asked.has(sale),
    isNews: (sale) => pending.value.has(sale) || news.value.has(sale),
    async ask(sale, as, send) {
      let evidence: Evidence = {};
      let proofs = 0;
      let joins = 0;
      function remedy({ code }: Refusal): Promise<void> | null {
        if (code === CODE.moreNeeded && ++proofs <= PROOFS_MAX)
          return evidenceFor(sale).then((found) => void (evidence = found));
        if (NOT_HERE_YET.includes(code) && ++joins === 1) return pause(JOIN_AGAIN_MS).then(ready);
        return null;
      }
      set(sale, as);
      const asking = createAsking({
        send: () => send(evidence),
        remedy,
        onStill: () => as === "asking" && set(sale, "still"),
        onBusy: (waitMs) => sayings.say(sale, "busy", "bad", { seconds: Math.max(1, Math.ceil(waitMs / 1000)) }),
      });
      asked.set(sale, asking);
      try {
        return await asking.answer;
      } finally {
        asked.delete(sale);
        announce(sale);
        set(sale, null);
      }
    },
    again(sale) {
      if (sale !== undefined) asked.get(sale)?.again();
      else for (const asking of asked.values()) asking.again();
    },
  };
}
