/** What the address of the audit log says, as the server is asked. Pure. */
import type { Query } from "@shared/api";
import { momentOf } from "@shared/zone";
import type { TableQuery } from "@desk/table/query";
import { AUDIT_KINDS, isAuditKind } from "./kinds";

type AuditQuery = NonNullable<Query<"GET /api/audit">>;

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** `zone`: by whose clock the days of `from` and `to` begin; both are included. What is no day, or no kind, filters nothing. */
export function auditQuery({ who, subject, kind, from, to }: TableQuery, zone: string): AuditQuery {
  return {
    who,
    subject,
    type: isAuditKind(kind) ? AUDIT_KINDS[kind].join(",") : undefined,
    from: beginning(from, zone),
    to: beginning(to && DAY.test(to) ? dayAfter(to) : undefined, zone),
  };
}

function beginning(day: string | undefined, zone: string): string | undefined {
  const ms = day && DAY.test(day) ? momentOf(`${day}T00:00`, zone) : "pattern";
  return typeof ms === "number" ? new Date(ms).toISOString() : undefined;
}

function dayAfter(day: string): string {
  const next = new Date(`${day}T00:00:00Z`).getTime() + 86_400_000;
  return Number.isNaN(next) ? "" : new Date(next).toISOString().slice(0, 10);
}
