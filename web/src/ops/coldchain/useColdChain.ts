/** The sensors and the rules, which all of the page goes by; sensors are asked for again while the page is looked at. */
import { computed, type ComputedRef } from "vue";
import { useAsked, type Asked } from "@app/useAsked";
import { call } from "@shared/api";
import type { Device, Devices, Rules } from "@shared/api-types";
import { usePolling } from "@kit/usePolling";
import { useRights } from "../admin/useRights";
import { silenceOf } from "./state";

const EVERY_MS = 10_000;
/** As many as the server lets there be in one answer; a page of more begins with those. */
const DEVICES_MAX = 500;

export interface ColdChain {
  devices: Asked<Devices>;
  rules: Asked<Rules>;
  deviceName: (id: string) => string;
  deviceOf: (id: string) => Device | null;
  /** After which a sensor counts as silent. */
  silenceMinutes: ComputedRef<number>;
}

/** Within a component. */
export function useColdChain(): ColdChain {
  const rights = useRights();
  const devices = useAsked(() => call("GET /api/devices", { query: { limit: DEVICES_MAX } }));
  // Who may not look after it does not ask.
  const rules = useAsked<Rules>(() =>
    rights.may("run_cold_chain") ? call("GET /api/cold-chain/rules") : Promise.resolve({ items: [] }),
  );
  usePolling(() => devices.reload(), EVERY_MS);
  const deviceOf = (id: string): Device | null => devices.value.value?.items.find((each) => each.id === id) ?? null;
  return {
    devices,
    rules,
    deviceOf,
    deviceName: (id) => deviceOf(id)?.name ?? id,
    silenceMinutes: computed(() => silenceOf(rules.value.value?.items ?? [])),
  };
}
