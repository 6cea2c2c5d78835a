/** What who is here may do, as the server says it (`GET /api/me`): asked once for each person and role. */
import { defineStore } from "pinia";
import { shallowReadonly, shallowRef, watch } from "vue";
import { useSession } from "@app/useSession";
import { call } from "@shared/api";
import { asRefusal, type Refusal } from "@shared/refusal";
import { askUntilHad } from "@shared/until-had";

/** By the server's names of permissions. */
export type Right =
  | "run_shows"
  | "edit_prices"
  | "edit_stock"
  | "see_people"
  | "give_roles"
  | "block_people"
  | "see_audit"
  | "export"
  | "see_orders"
  | "see_figures"
  | "refund"
  | "care"
  | "pick"
  | "farm"
  | "record_steps"
  | "repack"
  | "ship"
  | "run_cold_chain";

export const useRights = defineStore("rights", () => {
  const session = useSession();
  const rights = shallowRef<ReadonlySet<string> | null>(null);
  const refusal = shallowRef<Refusal | null>(null);
  let round = 0;

  async function load(): Promise<void> {
    const mine = ++round;
    try {
      const me = await call("GET /api/me");
      if (mine !== round) return;
      rights.value = new Set(me.rights);
      refusal.value = null;
    } catch (thrown) {
      if (mine === round) refusal.value = asRefusal(thrown);
    }
  }

  watch(
    () => (session.isSignedIn && session.person ? `${session.person.role} ${session.person.id}` : null),
    (who) => {
      round++;
      rights.value = null;
      refusal.value = null;
      if (who !== null) void load();
    },
    { immediate: true },
  );

  askUntilHad(() => (rights.value === null ? refusal.value : null), load);

  return {
    /** Null while it is not known. */
    rights: shallowReadonly(rights),
    refusal: shallowReadonly(refusal),
    load,
    may: (right: Right): boolean => rights.value?.has(right) ?? false,
  };
});
