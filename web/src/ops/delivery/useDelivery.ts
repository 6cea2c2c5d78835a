/** The areas and pick-up points of the shop, which all of the page goes by, and what they are called. */
import { computed, type ComputedRef } from "vue";
import { useAsked, type Asked } from "@app/useAsked";
import { call } from "@shared/api";
import type { DeliveryAreas, PickupPoints } from "@shared/api-types";
import { useInLanguage } from "@shared/words";

export interface Whose {
  /** "area:…" or "point:…" */
  key: string;
  name: string;
  isOn: boolean;
}

export interface Delivery {
  areas: Asked<DeliveryAreas>;
  points: Asked<PickupPoints>;
  /** Null until both are known. */
  whose: ComputedRef<readonly Whose[] | null>;
  nameOf: (key: string) => string;
}

/** Within a component. */
export function useDelivery(): Delivery {
  const areas = useAsked(() => call("GET /api/delivery/areas"));
  const points = useAsked(() => call("GET /api/delivery/points"));
  const [shownAreas, shownPoints] = [useInLanguage(areas.value), useInLanguage(points.value)];
  const whose = computed(() => {
    if (shownAreas.value === null || shownPoints.value === null) return null;
    const named = (kind: string) => (each: { id: string; name: string; is_on: boolean }) => ({
      key: `${kind}:${each.id}`,
      name: each.name,
      isOn: each.is_on,
    });
    return [...shownAreas.value.items.map(named("area")), ...shownPoints.value.items.map(named("point"))];
  });
  return { areas, points, whose, nameOf: (key) => whose.value?.find((each) => each.key === key)?.name ?? "…" };
}
