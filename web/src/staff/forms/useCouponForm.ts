/** The form that drops a coupon into the room: an amount is enough. */
import { computed } from "vue";
import { useForm } from "@kit/forms/useForm";
import { useStaffRoom } from "../commands";
import { useCouponTitle } from "../coupon-title";
import { checkCoupon, emptyCouponForm } from "./coupon";
import { COUPON_NAMES } from "./names";

export function useCouponForm(dropped: () => void) {
  const titleOf = useCouponTitle();
  const { commands } = useStaffRoom();
  const work = useForm({
    empty: emptyCouponForm,
    check: (form) => checkCoupon(form, titleOf(form)),
    names: COUPON_NAMES,
    send: (body) => commands.dropCoupon(body),
    sent: dropped,
  });
  return { ...work, suggested: computed(() => titleOf(work.form)) };
}
