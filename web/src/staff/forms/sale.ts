/** The form of a sale, and the one of a product's stock. Pure. */
import type { ListedProduct, SaleRequest, StockChange } from "@shared/api-types";
import { parseMoney } from "@shared/money";
import { typedNumber } from "@shared/numbers";
import { momentOf, ownZone } from "@shared/zone";
import { oneLine } from "@shared/text";
import {
  AMOUNT_MINOR_MAX,
  checked,
  CURRENCY,
  lineFault,
  type Checked,
  type Fault,
  type Faults,
} from "@kit/forms/checked";

export interface SaleForm {
  price: string;
  units: string;
  perPerson: string;
  start: "now" | "at" | "hand";
  /** As <input type="datetime-local"> gives it, in the zone that checkSale is told. */
  startsAt: string;
  /** After its start; 0: by hand. */
  endsAfterMin: number;
  coupons: boolean;
}

export type SaleField = keyof SaleForm | "product";

export const SALE_STARTS = ["now", "at", "hand"] as const;
export const SALE_ENDS_MIN = [0, 5, 10, 30, 60] as const;
export const UNITS_MAX = 10 ** 9;
export const PER_PERSON_MAX = 10 ** 6;
const MINUTE_MS = 60_000;
/** As early as can be: what should have opened by now opens now, whatever this device takes the time for. */
const NOW = 0;

export function emptySaleForm(): SaleForm {
  return { price: "", units: "", perPerson: "2", start: "now", startsAt: "", endsAfterMin: 10, coupons: false };
}

/** Units of a product that no buyer has or holds. */
export function freeUnits({ on_hand, held, sold }: Pick<ListedProduct, "on_hand" | "held" | "sold">): number {
  return Math.max(0, on_hand - held - sold);
}

/** `nowMs`: the server's clock. `zone`: that of the times in the form. */
export function checkSale(
  form: SaleForm,
  product: ListedProduct | null,
  nowMs: number,
  zone = ownZone(),
): Checked<SaleRequest, SaleField> {
  const faults: Faults<SaleField> = {};
  const note = (field: SaleField, fault: Fault | undefined): void => {
    if (fault) faults[field] = fault;
  };
  const price = parseMoney(form.price, product?.currency ?? CURRENCY);
  const units = typedNumber(form.units);
  const perPerson = typedNumber(form.perPerson);
  const start = form.start === "at" && form.startsAt !== "" ? momentOf(form.startsAt, zone) : null;
  const startsMs = typeof start === "number" ? start : null;
  if (!product) faults.product = "required";
  note("price", priceFault(form.price, price));
  note("units", countFault(units, UNITS_MAX));
  if (!faults.units && product && units !== null && units > freeUnits(product)) faults.units = "above_stock";
  note("perPerson", countFault(perPerson, PER_PERSON_MAX));
  if (form.start === "at" && start === null) faults.startsAt = "required";
  else if (typeof start === "string") faults.startsAt = start;
  else if (startsMs !== null && startsMs < nowMs) faults.startsAt = "past";
  return checked(faults, () => ({
    product: product?.id ?? "",
    price_minor: price ?? 0,
    units: units ?? 0,
    per_person_max: perPerson ?? 0,
    opens_at: form.start === "now" ? NOW : startsMs,
    // Of one that is opened by hand nobody knows yet when that will be.
    closes_at:
      form.start === "hand" || form.endsAfterMin === 0
        ? null
        : (startsMs ?? Math.round(nowMs)) + form.endsAfterMin * MINUTE_MS,
    coupons: form.coupons,
  }));
}

export interface StockForm {
  /** With its sign, or without one for more. */
  delta: string;
  reason: string;
}

export function emptyStockForm(): StockForm {
  return { delta: "", reason: "" };
}

export function checkStock(
  form: StockForm,
  product: Pick<ListedProduct, "on_hand" | "held" | "sold">,
): Checked<StockChange, keyof StockForm> {
  const faults: Faults<keyof StockForm> = {};
  const delta = typedNumber(form.delta);
  const reasonFault = lineFault(form.reason, 200, true);
  if (delta === null) faults.delta = "required";
  else if (Number.isNaN(delta) || !Number.isInteger(delta)) faults.delta = "not_a_number";
  else if (delta === 0 || Math.abs(delta) > UNITS_MAX) faults.delta = "out_of_range";
  else if (-delta > freeUnits(product)) faults.delta = "above_stock";
  if (reasonFault) faults.reason = reasonFault;
  return checked(faults, () => ({ delta: delta ?? 0, reason: oneLine(form.reason) }));
}

function priceFault(text: string, minor: number | null): Fault | undefined {
  if (text.trim() === "") return "required";
  if (minor === null) return "not_money";
  return minor === 0 || minor > AMOUNT_MINOR_MAX ? "out_of_range" : undefined;
}

export function countFault(count: number | null, max: number): Fault | undefined {
  if (count === null) return "required";
  if (Number.isNaN(count) || !Number.isInteger(count)) return "not_a_number";
  return count < 1 || count > max ? "out_of_range" : undefined;
}
