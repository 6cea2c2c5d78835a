/** To the payment of an order, which goes on with it by itself; with `look` the buyer looks first, and presses there. */
import { useI18n } from "vue-i18n";
import { useRouter } from "vue-router";
import { toast } from "@kit/toast";
import { closeOverlays } from "@shared/overlays/overlays";
import { paymentPath } from "../pages";
import { takeWanted, wantPaid } from "./wanted";

/** The one that is being gone to: a second tap is the same. */
let going: string | null = null;

export function useGoPay(): (order: string, how?: "pay" | "look") => Promise<void> {
  const { t } = useI18n({ useScope: "global" });
  const router = useRouter();

  return async function goPay(order, how = "pay") {
    if (going === order) return;
    going = order;
    await closeOverlays();
    if (how === "pay") wantPaid(order);
    try {
      // Somewhere else by now: whoever comes to it later presses.
      if (await router.push(paymentPath(order))) takeWanted(order);
    } catch {
      // Its part of the page could not be loaded. The order is there, and so is the way to it.
      takeWanted(order);
      toast(t("viewer.payNotOpened"), {
        tone: "bad",
        action: { text: t("shared.action.retry"), run: () => goPay(order, how) },
      });
    } finally {
      going = null;
    }
  };
}
