/** What the address of the list of cases says, as the server is asked. Pure. */
import type { Query } from "@shared/api";
import type { TableQuery } from "@desk/table/query";

/** `queue`, where the address says nothing: those to be decided, the one that is due first at the top. */
export const CASE_VIEWS = ["queue", "overdue", "decided", "closed", "withdrawn", "all"] as const;
export type CaseView = (typeof CASE_VIEWS)[number];

export function caseView(text: string | undefined): CaseView {
  return CASE_VIEWS.find((view) => view === text) ?? "queue";
}

export function casesQuery({ q, view: asked }: TableQuery): NonNullable<Query<"GET /api/cases">> {
  const view = caseView(asked);
  return {
    q: q?.trim() || undefined,
    queue: view === "queue" || view === "overdue" || undefined,
    overdue: view === "overdue" || undefined,
    state: view === "decided" || view === "closed" || view === "withdrawn" ? view : undefined,
  };
}
