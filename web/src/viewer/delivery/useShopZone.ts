/** The time zone of the shop, by whose clock windows are told: it says it with its windows alone. */
import { shallowRef, watch, type ShallowRef } from "vue";
import { call } from "@shared/api";
import { asRefusal, type Refusal } from "@shared/refusal";
import { askUntilHad } from "@shared/until-had";
import { ownZone } from "@shared/zone";

/** IANA; null until it is known. Asked for when it is needed, until it is had; meanwhile one's own is better than none. */
export function useShopZone(isNeeded: () => boolean): Readonly<ShallowRef<string | null>> {
  const zone = shallowRef<string | null>(null);
  const missing = shallowRef<Refusal | null>(null);

  async function load(): Promise<void> {
    try {
      zone.value = (await call("GET /api/slots")).time_zone;
      missing.value = null;
    } catch (thrown) {
      zone.value ??= ownZone();
      missing.value = asRefusal(thrown);
    }
  }

  watch(isNeeded, (now) => now && zone.value === null && void load(), { immediate: true });
  askUntilHad(() => missing.value, load);
  return zone;
}
