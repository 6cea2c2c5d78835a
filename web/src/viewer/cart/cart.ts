/**
 * The cart of whoever is here: kept by the server for who is signed in, in the browser for a guest, whose lines are put into
 * their own cart once they sign in. It holds nothing; what there is of it is decided when it is ordered.
 *
 * A change is shown at once and sent after the one before it: the server is told all that is in it, so what is latest counts.
 */
import { defineStore } from "pinia";
import { computed, shallowRef, watch } from "vue";
import { usePersonal } from "@app/personal";
import { useSession } from "@app/useSession";
import { call } from "@shared/api";
import { asRefusal, CODE, Refusal } from "@shared/refusal";
import { lasting } from "@shared/store";
import { askUntilHad } from "@shared/until-had";
import { useInLanguage } from "@shared/words";
import type { Card } from "@shared/wire";
import { isFull, isLine, lineOf, LINES_MAX, together, withMore, withQty, type Line } from "./lines";

const STORE = "livehub.cart";
/** What somebody brought along as a guest and their own cart had no more room for: `{who, lines}`. */
const WAITING = "livehub.cart.waiting";

export const useCart = defineStore("cart", () => {
  const session = useSession();
  const personal = usePersonal();
  const lines = personal.keep<readonly Line[]>(() => []);
  /** Whether what is there is all there is. */
  const known = personal.keep(() => false);
  const refusal = personal.keep<Refusal | null>(() => null);
  /** What they brought along as a guest, and there is no room for: it comes in once there is. */
  const waiting = personal.keep<readonly Line[]>(() => []);
  /** As the server says, once it has had to. */
  let linesMax = LINES_MAX;
  /** What is shown is not what was sent last. */
  let dirty = false;
  const sending = shallowRef(false);

  function guests(): Line[] {
    return linesIn(lasting.getJson(STORE));
  }

  /** What this person has brought along, now and before. */
  function brought(): Line[] {
    const kept = lasting.getJson(WAITING) as { who?: unknown; lines?: unknown } | null;
    const before = kept?.who === session.person?.id ? linesIn(kept?.lines) : [];
    return together(guests(), before, Number.POSITIVE_INFINITY).lines;
  }

  function leaveWaiting(lines: readonly Line[]): void {
    waiting.value = lines;
    lasting.remove(STORE);
    if (lines.length > 0) lasting.setJson(WAITING, { who: session.person?.id, lines });
    else lasting.remove(WAITING);
  }

  function show(next: readonly Line[]): void {
    lines.value = next;
    known.value = true;
  }

  let loading: { who: string | null; done: Promise<void> } | null = null;

  /** One at a time: two at once would each bring along what a guest chose, and one of them forget what found no room. */
  function load(): Promise<void> {
    const who = session.isSignedIn ? (session.person?.id ?? null) : null;
    if (loading?.who === who) return loading.done;
    const mine = { who, done: read() };
    loading = mine;
    void mine.done.finally(() => {
      if (loading === mine) loading = null;
    });
    return mine.done;
  }

  async function read(): Promise<void> {
    if (!session.isSignedIn) {
      refusal.value = null;
      show(guests());
      return;
    }
    const isMine = personal.asking();
    try {
      const { lines: own } = await call("GET /api/me/cart");
      if (!isMine()) return;
      refusal.value = null;
      const before = dirty ? [] : brought();
      if (before.length > 0) await takeIn(own, before, isMine);
      else if (!dirty) show(own);
    } catch (thrown) {
      if (isMine()) refusal.value = asRefusal(thrown);
    }
  }

  /** Once more where the server has room for fewer than was thought. */
  async function takeIn(own: readonly Line[], before: readonly Line[], isMine: () => boolean): Promise<void> {
    for (let tries = 0; tries < 2; tries++) {
      const both = together(own, before, linesMax);
      show(both.lines);
      // Nothing of it fits, as when one looks again at a cart that is full.
      if (both.waiting.length < before.length) await save();
      if (!isMine()) return;
      if (refusal.value === null) return leaveWaiting(both.waiting);
      const limit = refusal.value.code === CODE.cartFull ? refusal.value.figure("limit") : null;
      if (limit === null || limit >= linesMax) return;
      linesMax = limit;
    }
  }

  async function save(): Promise<void> {
    dirty = true;
    if (sending.value) return;
    const isMine = personal.asking();
    sending.value = true;
    try {
      while (dirty && isMine()) {
        dirty = false;
        const cart = await put();
        if (isMine() && !dirty) show(cart);
      }
      if (isMine()) refusal.value = null;
    } catch (thrown) {
      dirty = false;
      if (!isMine()) return;
      refusal.value = asRefusal(thrown);
      // What the server has is what there is.
      const cart = await call("GET /api/me/cart").catch(() => null);
      if (isMine() && cart && !dirty) show(cart.lines);
    } finally {
      sending.value = false;
    }
  }

  /** What is not known any more is left out, so that the rest stays. */
  async function put(): Promise<readonly Line[]> {
    const body = { lines: lines.value.map(({ product, qty }) => ({ product, qty })) };
    try {
      return (await call("PUT /api/me/cart", { body })).lines;
    } catch (thrown) {
      const why = asRefusal(thrown);
      const gone = why.text("product");
      if (why.code !== CODE.notOnSale || !lines.value.some(({ product }) => product === gone)) throw thrown;
      lines.value = lines.value.filter(({ product }) => product !== gone);
      return await put();
    }
  }

  async function change(next: readonly Line[]): Promise<void> {
    lines.value = next;
    if (session.isSignedIn) await save();
    else lasting.setJson(STORE, next);
  }

  // Who signs in brings along what they put in as a guest.
  watch(
    () => (session.isSignedIn ? session.person?.id : null),
    () => void (known.value || guests().length > 0 ? load() : undefined),
    { immediate: true },
  );

  askUntilHad(() => (known.value ? null : refusal.value), load);

  return {
    lines: useInLanguage(lines),
    /** How many products of theirs wait for room. */
    waiting: computed(() => waiting.value.length),
    known,
    refusal,
    sending,
    /** Products in it, which is what a badge counts. */
    count: computed(() => lines.value.length),
    load,
    /** One more of what a card shows; false: it has no price here, or could not be kept. */
    async add(card: Card): Promise<boolean> {
      const line = lineOf(card, 1);
      if (!line) return false;
      if (!known.value) await load();
      if (session.isSignedIn && !known.value) return false;
      if (!session.isSignedIn && isFull(lines.value, line.product)) {
        refusal.value = new Refusal({ code: CODE.cartFull, name: "cart_full", message: "" });
        return false;
      }
      await change(withMore(lines.value, line));
      return refusal.value === null;
    },
    setQty: (product: string, qty: number) => change(withQty(lines.value, product, qty)),
    async remove(products: readonly string[]): Promise<void> {
      await change(lines.value.filter(({ product }) => !products.includes(product)));
      if (waiting.value.length > 0) await load();
    },
  };
});

function linesIn(kept: unknown): Line[] {
  return Array.isArray(kept) ? kept.filter(isLine).slice(0, LINES_MAX) : [];
}
