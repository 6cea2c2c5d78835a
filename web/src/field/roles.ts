/** Who records here, as livehub/base/auth.py has it: RECORD_STEPS, and FARM for new batches. Pure. */
import type { Role } from "@shared/pages/roles";

export const FIELD: readonly Role[] = ["farm", "picker", "courier", "ops", "admin"];
export const MAKES_BATCHES: readonly Role[] = ["farm", "ops", "admin"];
