/**
 * An order that was sent and is not answered, for the visit: what was sent and its key outlive the sheet and a reload, so that
 * whoever comes back to the same purchase sends the same once more, and there is one order.
 */
import type { OrderAddress, OrderRequest } from "@shared/api-types";
import { visit, type Store } from "@shared/store";

/** What somebody is about to buy: what a tap holds, or units of products. */
export type Purchase =
  | { hold: string }
  | {
      lines: readonly { product: string; qty: number }[];
      /** Out of the cart, which they leave once they are ordered. */
      fromCart: boolean;
    };

export interface Submission {
  /** Who sent it: the key is theirs. */
  person: string;
  /** See `subject`. */
  subject: string;
  key: string;
  body: OrderRequest;
  /** Unix ms by the clock of the device. */
  ts: number;
}

type Place = Pick<OrderAddress, "name" | "phone" | "region" | "line">;

const STORE = "livehub.orders";
/** The oldest goes. */
const KEPT_MAX = 5;
/** Who comes back later than that means something new; what they ordered is in their list. */
const KEPT_MS = 30 * 60_000;

/** The same for the same purchase. Pure. */
export function subject(purchase: Purchase): string {
  if ("hold" in purchase) return `hold:${purchase.hold}`;
  const lines = [...purchase.lines].sort((a, b) => (a.product < b.product ? -1 : 1));
  return `lines:${lines.map(({ product, qty }) => `${product}*${qty}`).join(",")}`;
}

/** Whether what was sent is what would be sent now, whatever it comes to, and comes with: the same address, window, coupons, units and words. Pure. */
export function isSameOrder(sent: OrderRequest, now: OrderRequest): boolean {
  return asText(sent) === asText(now);
}

function asText(request: OrderRequest): string {
  const fields = Object.entries({ ...request, expect_total_minor: undefined, without_gifts: undefined });
  return JSON.stringify(fields.filter(([, value]) => value !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether an order goes there, whatever the address is called: it may have been changed since. Without either, it does. Pure. */
export function goesTo(address: Place | null, chosen: Place | null): boolean {
  if (address === null || chosen === null) return address === chosen;
  return (["name", "phone", "region", "line"] as const).every((field) => address[field] === chosen[field]);
}

export function submissionOf(
  person: string,
  purchase: Purchase,
  nowMs = Date.now(),
  store: Store = visit,
): Submission | null {
  const wanted = subject(purchase);
  return read(nowMs, store).find((one) => one.person === person && one.subject === wanted) ?? null;
}

export function keepSubmission(submission: Submission, nowMs = Date.now(), store: Store = visit): void {
  store.setJson(
    STORE,
    [...read(nowMs, store).filter(({ key }) => key !== submission.key), submission].slice(-KEPT_MAX),
  );
}

export function forgetSubmission(key: string, nowMs = Date.now(), store: Store = visit): void {
  store.setJson(
    STORE,
    read(nowMs, store).filter((one) => one.key !== key),
  );
}

function read(nowMs: number, store: Store): Submission[] {
  const value = store.getJson(STORE);
  return Array.isArray(value) ? value.filter(isSubmission).filter(({ ts }) => Math.abs(nowMs - ts) < KEPT_MS) : [];
}

function isSubmission(value: unknown): value is Submission {
  if (typeof value !== "object" || value === null) return false;
  const { person, subject: what, key, body, ts } = value as Partial<Record<keyof Submission, unknown>>;
  const texts = [person, what, key].every((text) => typeof text === "string");
  return texts && typeof body === "object" && body !== null && typeof ts === "number";
}
