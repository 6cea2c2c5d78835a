/** How old the picture may be: HLS for everybody, WebRTC for who asks for it. Remembered in this browser. */
export type Delay = "standard" | "low";

const STORE = "livehub.delay";

export function storedDelay(): Delay {
  return localStorage.getItem(STORE) === "low" ? "low" : "standard";
}

export function storeDelay(delay: Delay): void {
  localStorage.setItem(STORE, delay);
}
