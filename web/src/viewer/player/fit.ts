/** How a picture is put into its place: filling it where little is lost by that, else whole. Pure. */

/** Up to this share of a picture may be cut off to fill the place. */
export const CUT_MAX = 0.25;

/** Both are width over height; null while unknown. */
export function fitOf(picture: number | null, place: number | null): "fill" | "whole" {
  if (!picture || !place) return "fill";
  return Math.min(picture, place) / Math.max(picture, place) >= 1 - CUT_MAX ? "fill" : "whole";
}
