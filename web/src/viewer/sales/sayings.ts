/** Sentences for the buyer, one per sale: why not, or what has happened. Each stays long enough to be read twice, or until the next. */
import { onScopeDispose, shallowRef } from "vue";
import { CODE, type Refusal } from "@shared/refusal";
import { standing } from "@shared/sale";
import type { SaleCard } from "@shared/wire";
import { isOpen } from "./asking";

export interface Said {
  /** A key of `viewer.sale.said`; of `shared.refusal` when it is a number. */
  text: string;
  values: Readonly<Record<string, number>>;
  tone: "good" | "bad";
}

export interface Sayings {
  of: (sale: string) => Said | null;
  say: (sale: string, text: string, tone?: Said["tone"], values?: Said["values"]) => void;
  hush: (sale: string) => void;
}

const SAID_MS = 10_000;

export function useSayings(): Sayings {
  const said = shallowRef<ReadonlyMap<string, Said>>(new Map());
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  onScopeDispose(() => timers.forEach((timer) => clearTimeout(timer)));

  function hush(sale: string): void {
    clearTimeout(timers.get(sale));
    timers.delete(sale);
    said.value = new Map([...said.value].filter(([other]) => other !== sale));
  }

  return {
    of: (sale) => said.value.get(sale) ?? null,
    hush,
    say(sale, text, tone = "bad", values = {}) {
      clearTimeout(timers.get(sale));
      timers.set(
        sale,
        setTimeout(() => hush(sale), SAID_MS),
      );
      said.value = new Map([...said.value, [sale, { text, values, tone }]]);
    },
  };
}

/** Why something was refused, in a sentence. `sale` null: one that is no longer shown. Pure. */
export function whyNot(refusal: Refusal, sale: SaleCard | null, nowTs: number): Said {
  const left = refusal.figure("left");
  const has = refusal.figure("has");
  const bad = (text: string, values: Said["values"] = {}): Said => ({ text, values, tone: "bad" });
  switch (refusal.code) {
    case CODE.soldOut:
      return left ? bad("some", { left }) : bad("gone");
    case CODE.limitReached: {
      const limit = refusal.figure("limit") ?? sale?.per_person_max;
      if (limit === undefined) return bad(String(refusal.code));
      return has ? bad("limitHas", { limit, has }) : bad("limit", { limit });
    }
    case CODE.saleClosed: {
      if (sale && standing(sale, nowTs) === "over") return bad("over");
      const opens = refusal.figure("opens_ts") ?? sale?.opens_ts ?? 0;
      if (opens > nowTs) return bad("opensAt", { opens });
      return bad(sale?.state === "scheduled" ? "notOpen" : "over");
    }
    default:
      return isOpen(refusal) ? bad("unknown") : bad(String(refusal.code));
  }
}
