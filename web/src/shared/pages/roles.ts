/** Who may see a page. Pure. */
import type { Person } from "../api-types";

export type Role = Person["role"];

export const STAFF: readonly Role[] = ["host", "ops", "admin"];

/** Whether somebody of `role` (null: nobody yet) may see a page that is for `roles`; one without roles is for everybody. */
export function mayEnter(roles: readonly Role[] | undefined, role: Role | null | undefined): boolean {
  return roles === undefined || (!!role && roles.includes(role));
}
