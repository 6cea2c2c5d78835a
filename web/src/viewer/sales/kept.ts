/** What was asked for and is not settled, for the visit: its key outlives a reload, so that asking again asks for the same. */
import { visit } from "@shared/store";

export interface Kept {
  /** A tap for units, or a place in line. */
  kind: "tap" | "wait";
  sale: string;
  qty: number;
  key: string;
  /** Who asked: the key is theirs. */
  person: string;
  /** The server's clock. */
  askedTs: number;
}

const STORE = "livehub.sales";
const KEPT_MAX = 20;
/** Somebody who comes back later than that has turned to other things; whether they got it, their holds tell. */
export const RESUMED_WITHIN_MS = 120_000;

export function readKept(): Kept[] {
  const value = visit.getJson(STORE);
  return Array.isArray(value) ? value.filter(isKept).slice(-KEPT_MAX) : [];
}

export function keptOf(kind: Kept["kind"], sale: string, person: string): Kept | null {
  return readKept().find((one) => one.kind === kind && one.sale === sale && one.person === person) ?? null;
}

export function keep(what: Kept): void {
  write([...readKept().filter((other) => !isSame(other, what)), what]);
}

export function forget(what: Pick<Kept, "kind" | "sale">): void {
  write(readKept().filter((other) => !isSame(other, what)));
}

function isSame(one: Pick<Kept, "kind" | "sale">, other: Pick<Kept, "kind" | "sale">): boolean {
  return one.kind === other.kind && one.sale === other.sale;
}

function write(kept: Kept[]): void {
  visit.setJson(STORE, kept.slice(-KEPT_MAX));
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== "object" || value === null) return false;
  const { kind, sale, qty, key, person, askedTs } = value as Partial<Record<keyof Kept, unknown>>;
  const texts = [sale, key, person].every((text) => typeof text === "string");
  return (kind === "tap" || kind === "wait") && texts && typeof qty === "number" && typeof askedTs === "number";
}
