/** Whether new lines of chat are told to screen readers as they come. Some want each, most soon want none. Kept for this browser. */
import { readonly, shallowRef } from "vue";
import { lasting } from "@shared/store";

const STORE = "livehub.chat-aloud";
const aloud = shallowRef(lasting.get(STORE) !== "no");

export const readsAloud = readonly(aloud);

export function readAloud(on: boolean): void {
  aloud.value = on;
  if (on) lasting.remove(STORE);
  else lasting.set(STORE, "no");
}
