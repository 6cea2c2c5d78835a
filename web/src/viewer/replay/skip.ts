/** How far the skip buttons and a double tap go, in seconds. */
export const SKIP_S = 15;

export type Side = "back" | "forward";

/** Which way a double tap goes: the outer thirds skip, the middle is left alone. Pure. */
export function sideOf(x: number, left: number, width: number): Side | null {
  const share = (x - left) / width;
  if (share < 1 / 3) return "back";
  return share > 2 / 3 ? "forward" : null;
}
