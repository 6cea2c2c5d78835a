/** The roles that can be given, from who shops to who may all. */
import type { RoleChange } from "@shared/api-types";

export type GivenRole = RoleChange["role"];

export const ROLES = [
  "viewer",
  "host",
  "ops",
  "care",
  "picker",
  "courier",
  "farm",
  "admin",
] as const satisfies readonly GivenRole[];

export function isGivenRole(text: string | undefined): text is GivenRole {
  return ROLES.some((role) => role === text);
}
