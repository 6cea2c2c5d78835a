/** What a buyer does with an order, the same from the list and from its page. */
import { useI18n } from "vue-i18n";
import { useRouter } from "vue-router";
import { askFirst } from "@kit/confirm";
import { toast } from "@kit/toast";
import { useDoing, type Doing } from "@kit/useDoing";
import { call } from "@shared/api";
import type { OrderSummary } from "@shared/api-types";
import { closeOverlays } from "@shared/overlays/overlays";
import { useToCart } from "../cart/useToCart";
import { orderPath } from "../pages";
import { useGoPay } from "../payment/useGoPay";
import { againLines } from "./again";
import type { Act } from "./orders";

export interface OrderActs {
  busy: Doing["busy"];
  act: (what: Act, order: OrderSummary) => Promise<void>;
}

/** `changed`: the order is another one now. */
export function useOrderActs(changed: () => unknown): OrderActs {
  const { t } = useI18n();
  const router = useRouter();
  const goPay = useGoPay();
  const toCart = useToCart();
  const doing = useDoing();

  async function cancel(order: OrderSummary): Promise<void> {
    const sure = await askFirst({
      title: t("viewer.orders.cancelSure"),
      text: t(order.coupon || order.delivery_coupon ? "viewer.orders.cancelCoupon" : "viewer.orders.cancelText"),
      action: t("viewer.orders.act.cancel"),
      danger: true,
    });
    if (!sure) return;
    const path = { order: order.id };
    const done = await doing.run(() => call("POST /api/orders/{order}/cancel", { path, body: {} }));
    if (done) toast(t("viewer.orders.cancelled"), { tone: "good" });
    // Refused, it has been paid meanwhile, or closed by itself.
    await changed();
  }

  async function again(order: OrderSummary): Promise<void> {
    const done = await doing.run(async () => {
      const cart = await call("GET /api/me/cart");
      await call("PUT /api/me/cart", { body: { lines: againLines(cart.lines, order.lines) } });
    });
    if (!done) return;
    toast(t("viewer.orders.inCart"), { tone: "good", icon: "cart" });
    await toCart(order.room);
  }

  async function go(path: string): Promise<void> {
    await closeOverlays();
    // Its part of the page could not be loaded; one is still here.
    await router.push(path).catch(() => toast(t("shared.refusal.2"), { tone: "bad" }));
  }

  return {
    busy: doing.busy,
    async act(what, order) {
      if (what === "cancel") await cancel(order);
      else if (what === "again") await again(order);
      else if (what === "pay") await goPay(order.id);
      else await go(`${orderPath(order.id)}?open=case`);
    },
  };
}
