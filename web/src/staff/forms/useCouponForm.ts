/** The form that drops a coupon into the room: an amount is enough. */
import { computed } from "vue";
import { useI18n } from "vue-i18n";
import { useCouponWords } from "@shared/coupon-words";
import { useShopZone } from "@shared/shop-zone";
import { useForm } from "@kit/forms/useForm";
import { useStaffRoom } from "../commands";
import { useCouponTitle } from "../coupon-title";
import { checkCoupon, COUPON_AUDIENCES, COUPON_KINDS, emptyCouponForm } from "./coupon";
import { COUPON_NAMES } from "./names";

/** Cards of the host's own are no products of the shop's. */
const INLINE = "card-";

export function useCouponForm(dropped: () => void) {
  const { t } = useI18n();
  const titleOf = useCouponTitle();
  const { kind } = useCouponWords();
  const zone = useShopZone();
  const { staff, commands } = useStaffRoom();
  const work = useForm({
    empty: emptyCouponForm,
    check: (form) => checkCoupon(form, titleOf(form), staff.room.serverNow(), zone.value),
    names: COUPON_NAMES,
    send: (body) => commands.dropCoupon(body),
    sent: dropped,
  });
  return {
    ...work,
    suggested: computed(() => titleOf(work.form)),
    kinds: computed(() =>
      COUPON_KINDS.map((value) => ({
        value,
        text: kind({ kind: value, amount_minor: 0, currency: "CNY", min_spend_minor: 1 }),
      })),
    ),
    audiences: computed(() => COUPON_AUDIENCES.map((value) => ({ value, text: t(`staff.coupon.audience.${value}`) }))),
    /** What the room has that a coupon can be for alone. */
    products: computed(() => {
      const view = staff.room.view.value;
      const cards = [
        ...(view?.bag ?? []),
        ...(view?.sales ?? []).filter(({ state }) => state !== "closed").map(({ card }) => card),
      ].filter(({ id }) => !id.startsWith(INLINE));
      return [...new Map(cards.map(({ id, title }) => [id, { value: id, text: title }])).values()];
    }),
  };
}
