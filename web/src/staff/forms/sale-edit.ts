/** What can be changed of a sale that is announced or on: how many there are, how many for each, and when it ends. Pure. */
import type { Sale, SaleEdit } from "@shared/api-types";
import { typedNumber } from "@shared/numbers";
import { checked, type Checked, type Faults } from "@kit/forms/checked";
import { countFault, PER_PERSON_MAX, UNITS_MAX } from "./sale";

/** Of its end: that it stays as it is. */
export const AS_IT_IS = -1;
/** Minutes from now; 0: by hand. */
export const SALE_NEW_ENDS_MIN = [AS_IT_IS, 5, 10, 30, 60, 0] as const;
const MINUTE_MS = 60_000;

export interface SaleEditForm {
  units: string;
  perPerson: string;
  endsInMin: number;
}

type Standing = Pick<Sale, "units" | "per_person_max" | "held" | "sold" | "version">;

export function saleEditForm(sale: Pick<Sale, "units" | "per_person_max">): SaleEditForm {
  return { units: String(sale.units), perPerson: String(sale.per_person_max), endsInMin: AS_IT_IS };
}

export function emptySaleEditForm(): SaleEditForm {
  return { units: "", perPerson: "", endsInMin: AS_IT_IS };
}

/** Only what is another than it was is sent. `nowMs`: the server's clock. */
export function checkSaleEdit(
  form: SaleEditForm,
  sale: Standing | null,
  nowMs: number,
): Checked<SaleEdit, keyof SaleEditForm> {
  const faults: Faults<keyof SaleEditForm> = {};
  const units = typedNumber(form.units);
  const perPerson = typedNumber(form.perPerson);
  const unitsFault =
    countFault(units, UNITS_MAX) ??
    (sale && units !== null && units < sale.held + sale.sold ? "below_taken" : undefined);
  const perPersonFault = countFault(perPerson, PER_PERSON_MAX);
  if (!sale || unitsFault) faults.units = unitsFault ?? "required";
  if (perPersonFault) faults.perPerson = perPersonFault;
  return checked(faults, () => ({
    version: sale?.version ?? 0,
    ...(units !== null && units !== sale?.units ? { units } : {}),
    ...(perPerson !== null && perPerson !== sale?.per_person_max ? { per_person_max: perPerson } : {}),
    ...(form.endsInMin === AS_IT_IS
      ? {}
      : { closes_at: form.endsInMin === 0 ? null : Math.round(nowMs) + form.endsInMin * MINUTE_MS }),
  }));
}
