/** The zone by whose clock the shop works: all times of studio and console are in it, whatever the browser's is; those of viewers are in the browser's. */
import { inject, ref, type InjectionKey, type Ref } from "vue";
import { ownZone } from "./zone";

export const SHOP_ZONE: InjectionKey<Readonly<Ref<string>>> = Symbol("shop zone");

/** IANA; the browser's until the shop's is known. */
export function useShopZone(): Readonly<Ref<string>> {
  return inject(SHOP_ZONE, () => ref(ownZone()), true);
}
