/** What the address of the audit log says, as the server is asked. Pure. */
import type { Query } from "@shared/api";
import type { TableQuery } from "@desk/table/query";
import { beginningOf, endOf } from "../days";
import { AUDIT_KINDS, isAuditKind } from "./kinds";

type AuditQuery = NonNullable<Query<"GET /api/audit">>;

/** `zone`: by whose clock the days of `from` and `to` begin; both are included. What is no day, or no kind, filters nothing. */
export function auditQuery({ who, subject, kind, from, to }: TableQuery, zone: string): AuditQuery {
  return {
    who,
    subject,
    type: isAuditKind(kind) ? AUDIT_KINDS[kind].join(",") : undefined,
    from: beginningOf(from, zone),
    to: endOf(to, zone),
  };
}
