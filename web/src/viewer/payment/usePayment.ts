/**
 * Paying one order: how it stands, asked again and again until it is known, and the way to a provider.
 *
 * An attempt that is open is gone on with, whatever led away from it: who comes back without having paid gets to the same page of
 * the provider, and does not pay twice. Another one is begun once all before it are over.
 */
import { computed, onScopeDispose, shallowRef, watch, type ComputedRef, type ShallowRef } from "vue";
import { useAsked, type Asked } from "@app/useAsked";
import { useInbox } from "@app/inbox";
import { useOnce } from "@app/personal";
import { call } from "@shared/api";
import type { Order, Payment } from "@shared/api-types";
import { asRefusal, CODE, type Refusal } from "@shared/refusal";
import { serverNow } from "@shared/server-time";
import { useInLanguage } from "@shared/words";
import { useNow } from "@kit/useNow";
import { usePolling } from "@kit/usePolling";
import { useShopZone } from "../delivery/useShopZone";
import { orderPath } from "../pages";
import { payInWeChat } from "./bridge";
import { endingOf, openAttempt, type Ending } from "./ending";

export interface Paying {
  order: ComputedRef<Order | null>;
  /** Why there is no order to see. */
  refusal: Asked<Order>["refusal"];
  reload: () => Promise<void>;
  ending: ComputedRef<Ending | null>;
  /** Ways to pay, the one to choose by itself first; null: not known yet. */
  providers: Readonly<ShallowRef<readonly string[] | null>>;
  chosen: ShallowRef<string | null>;
  /** By whose clock a window is told, the shop's: IANA; null until it is known. */
  zone: Readonly<ShallowRef<string | null>>;
  /** The server's clock, Unix ms. */
  now: Readonly<ShallowRef<number>>;
  busy: Readonly<ShallowRef<boolean>>;
  /** Why the last try came to nothing. */
  refused: Readonly<ShallowRef<Refusal | null>>;
  /** What is to be scanned, while the attempt is open. */
  qr: ComputedRef<string | null>;
  /** It has to be opened in WeChat. */
  noBridge: Readonly<ShallowRef<boolean>>;
  pay: () => Promise<void>;
}

const EVERY_MS = 2_000;

export function usePayment(id: string): Paying {
  const { once } = useOnce();
  const order = useAsked(() => call("GET /api/orders/{order}", { path: { order: id }, fresh: false }));
  const shown = useInLanguage(order.value);
  const ending = computed(() => (order.value.value ? endingOf(order.value.value) : null));
  const providers = shallowRef<readonly string[] | null>(null);
  const chosen = shallowRef<string | null>(null);
  const busy = shallowRef(false);
  const refused = shallowRef<Refusal | null>(null);
  /** Of an attempt that is paid by scanning. */
  const code = shallowRef<{ payment: string; url: string } | null>(null);
  const noBridge = shallowRef(false);
  const now = useNow(serverNow);
  const zone = useShopZone(() => Boolean(order.value.value?.delivery?.start));

  /** Asked for until they are known. */
  async function learnWays(): Promise<void> {
    if (providers.value !== null) return;
    const known = await call("GET /api/payment-providers").catch(() => null);
    if (known) providers.value = known.items;
  }

  void learnWays();
  usePolling(
    () => Promise.all([order.reload(), learnWays()]),
    EVERY_MS,
    () => order.value.value !== null && (ending.value === "confirming" || ending.value === "unfinished"),
  );
  useInbox().onShow((message) => {
    if (message.kind !== "notice" || message.link !== orderPath(id)) return false;
    // The page itself says it.
    void order.reload();
    return true;
  });
  const open = computed(() => (order.value.value ? openAttempt(order.value.value) : null));
  const qr = computed(() => (code.value !== null && code.value.payment === open.value?.id ? code.value.url : null));
  // The way that was begun, where it is still offered; else the first.
  watch([order.value, providers], ([there, ways]) => {
    if (!there || ways === null || (chosen.value !== null && ways.includes(chosen.value))) return;
    const begun = open.value?.provider;
    chosen.value = begun !== undefined && ways.includes(begun) ? begun : (ways[0] ?? null);
  });
  // What was to be scanned is there again for who comes back to it.
  watch(
    () => open.value?.id,
    async (payment) => {
      if (payment === undefined || code.value?.payment === payment || busy.value) return;
      const known = await call("GET /api/payments/{payment}", { path: { payment } }).catch(() => null);
      if (known?.how === "qr" && known.url !== null) code.value = { payment, url: known.url };
    },
    { immediate: true },
  );

  // A page that comes back as it was left, by the way back from a provider, is not on its way there any more.
  function onShow({ persisted }: PageTransitionEvent): void {
    if (!persisted) return;
    busy.value = false;
    void order.reload();
  }
  addEventListener("pageshow", onShow);
  onScopeDispose(() => removeEventListener("pageshow", onShow));

  async function attempt(provider: string): Promise<Payment> {
    const begun = open.value;
    if (begun && begun.provider === provider) {
      const known = await call("GET /api/payments/{payment}", { path: { payment: begun.id } });
      if (known.state === "open" && known.how !== null) return known;
    }
    const body = { provider };
    return once(`pay:${id}`, body, (key) =>
      call("POST /api/orders/{order}/payments", { path: { order: id }, body, key }),
    );
  }

  /** True: the page is about to be left. */
  async function follow({ id: payment, how, url, params, state }: Payment): Promise<boolean> {
    if (state !== "open") return false;
    if (how === "qr") code.value = url === null ? null : { payment, url };
    else if (how === "jsapi") noBridge.value = !(await payInWeChat(params ?? {}));
    else if (url !== null && isPage(url)) {
      location.assign(url);
      return true;
    }
    return false;
  }

  return {
    order: shown,
    refusal: order.refusal,
    reload: order.reload,
    ending,
    providers,
    chosen,
    zone,
    now,
    busy,
    refused,
    qr,
    noBridge,
    async pay() {
      const provider = chosen.value;
      if (busy.value || provider === null) return;
      busy.value = true;
      refused.value = null;
      let left = false;
      try {
        left = await follow(await attempt(provider));
      } catch (thrown) {
        const why = asRefusal(thrown);
        // It is paid, or over: that is what is shown then.
        if (why.code !== CODE.orderState && why.code !== CODE.holdOver) refused.value = why;
      }
      busy.value = left;
      if (!left) await order.reload();
    },
  };
}

function isPage(url: string): boolean {
  try {
    return ["http:", "https:"].includes(new URL(url, location.href).protocol);
  } catch {
    return false;
  }
}
