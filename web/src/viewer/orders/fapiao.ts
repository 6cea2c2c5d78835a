/** What an invoice (fapiao) is asked for with. Pure. */
import type { FapiaoRequest } from "@shared/api-types";
import { checked, lineFault, type Checked, type Faults } from "@kit/forms/checked";
import type { Names } from "@kit/forms/refused";

export const TITLE_MAX = 100;
export const TAX_NUMBER_MAX = 40;
export const EMAIL_MAX = 254;

export interface FapiaoForm {
  kind: FapiaoRequest["kind"];
  title: string;
  taxNumber: string;
  email: string;
}
export type FapiaoField = "title" | "taxNumber" | "email";
export const FAPIAO_NAMES: Names<FapiaoField> = { title: "title", tax_number: "taxNumber", email: "email" };

export const emptyFapiao = (): FapiaoForm => ({ kind: "personal", title: "", taxNumber: "", email: "" });

export function checkFapiao(form: FapiaoForm): Checked<FapiaoRequest, FapiaoField> {
  const faults: Faults<FapiaoField> = {};
  const title = lineFault(form.title.trim(), TITLE_MAX, true);
  if (title) faults.title = title;
  if (form.kind === "company" && !isTaxNumber(plainTaxNumber(form.taxNumber)))
    faults.taxNumber = form.taxNumber.trim() === "" ? "required" : "pattern";
  const email = form.email.trim();
  if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email) || email.length > EMAIL_MAX)
    faults.email = email === "" ? "required" : "pattern";
  return checked(faults, () => ({
    kind: form.kind,
    title: form.title.trim(),
    tax_number: form.kind === "company" ? plainTaxNumber(form.taxNumber) : null,
    email,
  }));
}

/** As the server keeps it: no spaces, capital letters, full-width ones as ASCII. */
export function plainTaxNumber(text: string): string {
  return text.normalize("NFKC").replace(/\s/g, "").toUpperCase();
}

const CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/** Unified social credit code, GB 32100-2015: the last of 18 characters is 31 less the others' values times 3^i, mod 31. */
export function isTaxNumber(text: string): boolean {
  const values = [...text].map((character) => CHARACTERS.indexOf(character));
  if (values.length !== 18 || values.includes(-1)) return false;
  let [sum, weight] = [0, 1];
  for (const value of values.slice(0, 17)) {
    sum += value * weight;
    weight = (weight * 3) % 31;
  }
  return values[17] === (31 - (sum % 31)) % 31;
}
