/** The form of an address, and what it comes to. Pure. */
import type { Address, AddressRequest } from "@shared/api-types";
import { checked, lineFault, type Checked, type Faults } from "@kit/forms/checked";
import type { Names } from "@kit/forms/refused";

/** The server takes this much (AddressRequest). */
export const NAME_MAX = 100;
export const LINE_MAX = 300;
const PHONE_MAX = 40;

/** Divisions by their codes, each within the one before; "" where none is chosen. */
export interface AddressForm {
  name: string;
  phone: string;
  line: string;
  isAbroad: boolean;
  province: string;
  city: string;
  county: string;
  isDefault: boolean;
}

export type AddressField = "name" | "phone" | "line" | "region";

export const ADDRESS_NAMES: Names<AddressField> = { name: "name", phone: "phone", line: "line", region: "region" };

/** `address`: as it is; null: a new one. */
export function addressForm(address: Address | null): AddressForm {
  const region = address?.region ?? "";
  return {
    name: address?.name ?? "",
    phone: address?.phone ?? "",
    line: address?.line ?? "",
    isAbroad: address !== null && region === "",
    province: region && `${region.slice(0, 2)}0000`,
    city: region && `${region.slice(0, 4)}00`,
    county: region,
    isDefault: address?.is_default ?? false,
  };
}

export type Written = Pick<AddressRequest, "name" | "phone" | "region" | "line">;

export function checkAddress(form: AddressForm): Checked<Written, AddressField> {
  const faults: Faults<AddressField> = {};
  const lines = { name: NAME_MAX, phone: PHONE_MAX, line: LINE_MAX } as const;
  for (const field of ["name", "phone", "line"] as const) {
    const fault = lineFault(form[field].trim(), lines[field], true);
    if (fault) faults[field] = fault;
  }
  if (!form.isAbroad && form.county === "") faults.region = "required";
  return checked(faults, () => ({
    name: form.name.trim(),
    phone: form.phone.trim(),
    region: form.isAbroad ? "" : form.county,
    line: form.line.trim(),
  }));
}
