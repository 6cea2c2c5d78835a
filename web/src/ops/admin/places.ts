/** Where the pages of administration are, and the right that each wants. Pure. */
import type { IconName } from "@shared/icons/shapes";
import type { Right } from "./useRights";

export const PRODUCTS = "/ops/products";
export const PEOPLE = "/ops/people";
export const ROLES = "/ops/roles";
export const BLOCKED = "/ops/blocked";
export const AUDIT = "/ops/audit";

export interface AdminPlace {
  key: "products" | "people" | "roles" | "blocked" | "audit";
  path: string;
  right: Right;
  icon: IconName;
}

export const PLACES: readonly AdminPlace[] = [
  { key: "products", path: PRODUCTS, right: "edit_prices", icon: "bag" },
  { key: "people", path: PEOPLE, right: "see_people", icon: "people" },
  { key: "roles", path: ROLES, right: "see_people", icon: "key" },
  { key: "blocked", path: BLOCKED, right: "block_people", icon: "ban" },
  { key: "audit", path: AUDIT, right: "see_audit", icon: "clock" },
];

export function personPath(person: string): string {
  return `${PEOPLE}/${encodeURIComponent(person)}`;
}
