/** Pressing "claim": signs in if need be, claims, and says how it went. */
import { useI18n } from "vue-i18n";
import { useRefusalText } from "@shared/refusal-text";
import type { CouponCard } from "@shared/wire";
import { toast } from "@kit/toast";
import { requireSignIn } from "../people/sign-in";
import { useLiveRoom } from "../room/live-room";

export function useClaim(): (coupon: CouponCard) => Promise<void> {
  const { t } = useI18n();
  const refusalText = useRefusalText();
  const { coupons, ready } = useLiveRoom();
  return async (coupon) => {
    if (!(await requireSignIn())) return;
    try {
      await ready();
      await coupons.claim(coupon);
      toast(t("viewer.coupon.got"), { tone: "good", icon: "ticket" });
    } catch (thrown) {
      toast(refusalText(thrown), { tone: "bad" });
    }
  };
}
