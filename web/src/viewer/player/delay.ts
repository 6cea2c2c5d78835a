/** How old the picture may be: HLS for everybody, WebRTC for who asks for it. Remembered in this browser. */
import { lasting } from "@shared/store";

export type Delay = "standard" | "low";

const STORE = "livehub.delay";

export function storedDelay(): Delay {
  return lasting.get(STORE) === "low" ? "low" : "standard";
}

export function storeDelay(delay: Delay): void {
  lasting.set(STORE, delay);
}
