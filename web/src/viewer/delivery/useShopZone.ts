/** The time zone of the shop, by whose clock windows are told: it says it with its windows alone. */
import { shallowRef, watch, type ShallowRef } from "vue";
import { call } from "@shared/api";
import { ownZone } from "@shared/zone";

/** IANA; null until it is known. Asked for once, when it is needed; where it can't be had one's own is better than none. */
export function useShopZone(isNeeded: () => boolean): Readonly<ShallowRef<string | null>> {
  const zone = shallowRef<string | null>(null);
  watch(
    isNeeded,
    async (now) => {
      if (now) zone.value ??= (await call("GET /api/slots").catch(() => null))?.time_zone ?? ownZone();
    },
    { immediate: true },
  );
  return zone;
}
