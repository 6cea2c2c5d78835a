/** Where the pages of administration are, and the right that each wants. Pure. */
import type { IconName } from "@shared/icons/shapes";
import type { Right } from "./useRights";

export const WEIGHING = "/ops/weighing";
export const PRODUCTS = "/ops/products";
export const ORDERS = "/ops/orders";
export const REFUNDS = "/ops/refunds";
export const CASES = "/ops/cases";
export const MONEY = "/ops/money";
export const PEOPLE = "/ops/people";
export const ROLES = "/ops/roles";
export const BLOCKED = "/ops/blocked";
export const DELIVERY = "/ops/delivery";
export const BATCHES = "/ops/batches";
export const COLD_CHAIN = "/ops/cold-chain";
export const SHIPMENTS = "/ops/cold-chain/shipments";
export const PROOF = "/ops/proof";
export const AUDIT = "/ops/audit";

export interface AdminPlace {
  key:
    | "orders"
    | "weighing"
    | "refunds"
    | "cases"
    | "money"
    | "products"
    | "delivery"
    | "batches"
    | "coldchain"
    | "proof"
    | "people"
    | "roles"
    | "blocked"
    | "audit";
  path: string;
  right: Right;
  icon: IconName;
}

export const PLACES: readonly AdminPlace[] = [
  { key: "orders", path: ORDERS, right: "see_orders", icon: "ticket" },
  { key: "weighing", path: WEIGHING, right: "pick", icon: "download" },
  { key: "cases", path: CASES, right: "care", icon: "heart" },
  { key: "refunds", path: REFUNDS, right: "see_orders", icon: "refresh" },
  { key: "money", path: MONEY, right: "see_orders", icon: "chart" },
  { key: "products", path: PRODUCTS, right: "edit_prices", icon: "bag" },
  { key: "delivery", path: DELIVERY, right: "edit_stock", icon: "flag" },
  { key: "batches", path: BATCHES, right: "record_steps", icon: "leaf" },
  { key: "coldchain", path: COLD_CHAIN, right: "ship", icon: "signal" },
  { key: "proof", path: PROOF, right: "run_cold_chain", icon: "link" },
  { key: "people", path: PEOPLE, right: "see_people", icon: "people" },
  { key: "roles", path: ROLES, right: "see_people", icon: "key" },
  { key: "blocked", path: BLOCKED, right: "block_people", icon: "ban" },
  { key: "audit", path: AUDIT, right: "see_audit", icon: "clock" },
];

export function stockPath(product: string): string {
  return `${PRODUCTS}/${encodeURIComponent(product)}/stock`;
}

export function orderPath(order: string): string {
  return `${ORDERS}/${encodeURIComponent(order)}`;
}

export function casePath(one: string): string {
  return `${CASES}/${encodeURIComponent(one)}`;
}

export function personPath(person: string): string {
  return `${PEOPLE}/${encodeURIComponent(person)}`;
}

export function batchPath(batch: string): string {
  return `${BATCHES}/${encodeURIComponent(batch)}`;
}

export function shipmentPath(shipment: string): string {
  return `${SHIPMENTS}/${encodeURIComponent(shipment)}`;
}
