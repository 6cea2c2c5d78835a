/** What all pages of the field app share. */
import { inject, type InjectionKey } from "vue";
import type { StaffSession } from "@staff/staff-session";
import type { Known } from "./known";

export interface Field {
  staff: StaffSession;
  known: Known;
}

export const FIELD_APP: InjectionKey<Field> = Symbol("field");

export function useField(): Field {
  const field = inject(FIELD_APP);
  if (!field) throw new Error("Nobody provides the field app.");
  return field;
}
