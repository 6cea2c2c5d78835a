/** Kinds of acts, to look at one alone: which types each has. Pure. */
import { KINDS as ROOM_KINDS } from "../../log/kinds";

const { people: restrictions, ...rooms } = ROOM_KINDS;

export const AUDIT_KINDS = {
  accounts: [
    "person_role",
    "person_sign_out",
    "person_separate",
    "person_command",
    "person_phone_let_go",
    "person_way_add",
    "person_way_remove",
    "person_invitation",
  ],
  blocks: ["block", "unblock"],
  looks: ["person_look", "people_searched"],
  files: [
    "people_export",
    "orders_export",
    "refunds_export",
    "cases_export",
    "payment_findings_export",
    "bills_export",
    "fapiao_export",
    "products_export",
    "stock_changes_export",
    "delivery_windows_export",
    "blocked_export",
    "audit_export",
    "events_export",
  ],
  cold_chain: [
    "sensor_added",
    "sensor_switched",
    "sensor_calibrated",
    "readings_corrected",
    "cold_chain_rule",
    "shipment_begun",
    "shipment_ended",
    "shipment_handed_over",
  ],
  delivery: ["delivery_area", "delivery_point", "delivery_window", "delivery_pattern"],
  restrictions: restrictions.filter((type) => type !== "block" && type !== "unblock"),
  ...rooms,
} as const satisfies Record<string, readonly string[]>;

export type AuditKind = keyof typeof AUDIT_KINDS;

export function isAuditKind(text: string | undefined): text is AuditKind {
  return text !== undefined && Object.hasOwn(AUDIT_KINDS, text);
}
