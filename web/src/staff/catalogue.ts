/** Search in the catalogue: every word typed must occur somewhere in a product, in any of its languages. Pure. */
import type { Product } from "@shared/api-types";

/** More than a person reads; the rest needs another word. */
export const FOUND_MAX = 60;

export function matching<Found extends Product>(products: readonly Found[], search: string): Found[] {
  const wanted = folded(search)
    .split(/\s+/)
    .filter((word) => word !== "");
  const fits = (product: Product): boolean => {
    const { id, farm, title, subtitle, unit, titles, subtitles } = product;
    const words = [...Object.values(titles ?? {}), ...Object.values(subtitles ?? {})].join(" ");
    const text = folded(`${title} ${subtitle} ${farm} ${id} ${unit} ${words}`);
    return wanted.every((word) => text.includes(word));
  };
  return products.filter(fits).slice(0, FOUND_MAX);
}

/** Full-width and composed forms look alike to people, so they are alike here. */
function folded(text: string): string {
  return text.normalize("NFKC").toLocaleLowerCase();
}
