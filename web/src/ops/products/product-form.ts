/** The form of a product, its request, and what becomes of it when somebody else has changed the product meanwhile. Pure. */
import type { ProductEdit, ProductPage, ProductRequest } from "@shared/api-types";
import { amountText, parseMoney } from "@shared/money";
import { typedNumber } from "@shared/numbers";
import { oneLine } from "@shared/text";
import { asStored, twoWords, type Language } from "@shared/words";
import {
  AMOUNT_MINOR_MAX,
  checked,
  CURRENCY,
  lineFault,
  TITLE_MAX,
  type Checked,
  type Fault,
  type Faults,
} from "@kit/forms/checked";

export const PICTURES_MAX = 9;
export const PARTS_MAX = 8;
export const SUBTITLE_MAX = 200;
export const UNIT_MAX = 40;
export const CERTIFICATE_KINDS = [
  "organic",
  "green_food",
  "free_range",
  "geographical",
  "non_gmo",
  "wild",
  "pesticide_free",
  "antibiotic_free",
  "grass_fed",
  "halal",
  "kosher",
] as const;
const GRAMS_MAX = 1_000_000;
const QTY_MAX = 99;
const SKU = /^[!-~]+( [!-~]+)*$/;
const GTIN = /^(\d{8}|\d{12,14})$/;

export interface PartForm {
  product: string;
  /** What it is called; only shown. */
  title: string;
  qty: number;
}

export interface CertificateForm {
  kind: (typeof CERTIFICATE_KINDS)[number];
  /** The id of an upload, or an address. */
  picture: string;
  number: string;
  /** As <input type="date"> gives it. */
  validUntil: string;
}

/** `...Other`: the same in the pages' other language; empty: none. `sold`: by the piece, by weight, or as a bundle. */
export interface ProductForm {
  title: string;
  titleOther: string;
  subtitle: string;
  subtitleOther: string;
  unit: string;
  unitOther: string;
  variant: string;
  variantOther: string;
  /** Of which product it is a variant; "" of none. */
  variantOf: string;
  variantOfTitle: string;
  farm: string;
  sku: string;
  gtin: string;
  currency: string;
  price: string;
  listPrice: string;
  sold: "piece" | "weight" | "bundle";
  grams: string;
  perKg: string;
  images: string[];
  components: PartForm[];
  gift: PartForm | null;
  certificates: CertificateForm[];
  flagsSeen: string[];
  isOnSale: boolean;
}

export type ProductField = keyof ProductForm;

/** By the server's names. */
export const PRODUCT_NAMES: Readonly<Record<string, ProductField>> = {
  title: "title",
  titles: "titleOther",
  "titles.zh": "title",
  "titles.en": "title",
  subtitle: "subtitle",
  subtitles: "subtitleOther",
  unit: "unit",
  unit_names: "unitOther",
  variant: "variant",
  variant_names: "variantOther",
  variant_of: "variantOf",
  farm: "farm",
  sku: "sku",
  gtin: "gtin",
  price_minor: "price",
  list_price_minor: "listPrice",
  weighed: "perKg",
  components: "components",
  gift: "gift",
  "gift.product": "gift",
};

export function emptyProductForm(): ProductForm {
  return {
    title: "",
    titleOther: "",
    subtitle: "",
    subtitleOther: "",
    unit: "",
    unitOther: "",
    variant: "",
    variantOther: "",
    variantOf: "",
    variantOfTitle: "",
    farm: "",
    sku: "",
    gtin: "",
    currency: CURRENCY,
    price: "",
    listPrice: "",
    sold: "piece",
    grams: "",
    perKg: "",
    images: [],
    components: [],
    gift: null,
    certificates: [],
    flagsSeen: [],
    isOnSale: true,
  };
}

/** `own`: the language of who fills it in. */
export function productForm(product: ProductPage, own: Language): ProductForm {
  const words = (plain: string, all: Record<string, string> | undefined) => twoWords(plain, all, own);
  const title = words(product.title, product.titles);
  const subtitle = words(product.subtitle, product.subtitles);
  const unit = words(product.unit, product.unit_names);
  const variant = words(product.variant, product.variant_names);
  const amount = (minor: number) => amountText(minor, product.currency);
  const of = product.variants.find((each) => each.product === product.variant_of);
  const { weighed, components, gift, list_price_minor: list } = product;
  return {
    title: title.own,
    titleOther: title.other,
    subtitle: subtitle.own,
    subtitleOther: subtitle.other,
    unit: unit.own,
    unitOther: unit.other,
    variant: variant.own,
    variantOther: variant.other,
    variantOf: product.variant_of ?? "",
    variantOfTitle: of ? of.variant || product.title : "",
    farm: product.farm,
    sku: product.sku ?? "",
    gtin: product.gtin ?? "",
    currency: product.currency,
    price: amount(product.price_minor),
    listPrice: list === null ? "" : amount(list),
    sold: weighed ? "weight" : components.length > 0 ? "bundle" : "piece",
    grams: weighed ? String(weighed.grams) : "",
    perKg: weighed ? amount(weighed.per_kg_minor) : "",
    images: [...product.images],
    components: components.map(({ product: id, title: name, qty }) => ({ product: id, title: name, qty })),
    gift: gift && { product: gift.product, title: gift.title, qty: gift.qty },
    certificates: (product.staff?.certificates ?? []).map(({ kind, picture, number, valid_until }) => ({
      kind: kind as CertificateForm["kind"],
      picture,
      number,
      validUntil: valid_until,
    })),
    flagsSeen: [...(product.staff?.flags_seen ?? [])],
    isOnSale: product.is_on_sale,
  };
}

/** What a unit costs that is sold by weight, minor units, half up; null where it is not known yet. */
export function topPrice(grams: string, perKg: string, currency: string): number | null {
  const weight = typedNumber(grams);
  const minor = parseMoney(perKg, currency);
  return weight === null || minor === null ? null : Math.floor((weight * minor + 500) / 1000);
}

/** The words as the server looks at them. */
export function wordsOf(form: ProductForm, own: Language) {
  const stored = (mine: string, other: string) => asStored({ own: oneLine(mine), other: oneLine(other) }, own);
  return {
    title: stored(form.title, form.titleOther),
    subtitle: stored(form.subtitle, form.subtitleOther),
    unit: stored(form.unit, form.unitOther),
    variant: stored(form.variant, form.variantOther),
  };
}

export function checkProduct(form: ProductForm, own: Language): Checked<ProductRequest, ProductField> {
  const faults: Faults<ProductField> = {};
  const note = (field: ProductField, fault: Fault | undefined): void => {
    if (fault) faults[field] = fault;
  };
  const price = parseMoney(form.price, form.currency);
  const list = parseMoney(form.listPrice, form.currency);
  const perKg = parseMoney(form.perKg, form.currency);
  const grams = typedNumber(form.grams);
  note("title", lineFault(form.title, TITLE_MAX, true));
  note("titleOther", lineFault(form.titleOther, TITLE_MAX, false));
  note("subtitle", lineFault(form.subtitle, SUBTITLE_MAX, false));
  note("subtitleOther", lineFault(form.subtitleOther, SUBTITLE_MAX, false));
  note("unit", lineFault(form.unit, UNIT_MAX, false));
  note("unitOther", lineFault(form.unitOther, UNIT_MAX, false));
  note("variant", lineFault(form.variant, UNIT_MAX, form.variantOf !== ""));
  note("variantOther", lineFault(form.variantOther, UNIT_MAX, false));
  note("farm", lineFault(form.farm, TITLE_MAX, false));
  note("price", form.price.trim() === "" ? "required" : amountFault(price));
  if (form.listPrice.trim() !== "") note("listPrice", amountFault(list));
  if (price !== null && list !== null && list <= price) faults.listPrice = "out_of_range";
  if (form.sku.trim() !== "" && (!SKU.test(form.sku.trim()) || form.sku.trim().length > 64)) faults.sku = "pattern";
  if (form.gtin.trim() !== "" && !isGtin(form.gtin.trim())) faults.gtin = "pattern";
  if (form.sold === "weight") {
    if (grams === null || !Number.isInteger(grams) || grams < 1 || grams > GRAMS_MAX) faults.grams = "out_of_range";
    note("perKg", form.perKg.trim() === "" ? "required" : amountFault(perKg));
    const top = topPrice(form.grams, form.perKg, form.currency);
    if (price !== null && top !== null && price > top) faults.price = "out_of_range";
  }
  if (form.sold === "bundle") {
    if (form.components.length === 0) faults.components = "required";
    if (form.components.some(wrongPart)) faults.components = "required";
    if (new Set(form.components.map(({ product }) => product)).size < form.components.length)
      faults.components = "twice";
  }
  if (form.gift && wrongPart(form.gift)) faults.gift = "required";
  if (form.certificates.some(({ picture, validUntil }) => picture === "" || validUntil === ""))
    faults.certificates = "required";
  return checked(faults, () => {
    const { title, subtitle, unit, variant } = wordsOf(form, own);
    return {
      title: title.plain,
      titles: title.words,
      subtitle: subtitle.plain,
      subtitles: subtitle.words,
      unit: unit.plain,
      unit_names: unit.words,
      variant: variant.plain,
      variant_names: variant.words,
      variant_of: form.variantOf || null,
      farm: oneLine(form.farm),
      sku: form.sku.trim() || null,
      gtin: form.gtin.trim() || null,
      price_minor: price ?? 0,
      list_price_minor: list,
      currency: form.currency,
      weighed: form.sold === "weight" ? { grams: grams ?? 0, per_kg_minor: perKg ?? 0 } : null,
      components: form.sold === "bundle" ? form.components.map(({ product, qty }) => ({ product, qty })) : [],
      gift: form.gift && { product: form.gift.product, qty: form.gift.qty },
      images: form.images.filter((each) => each !== ""),
      certificates: form.certificates.map(({ kind, picture, number, validUntil }) => ({
        kind,
        picture,
        number: oneLine(number),
        valid_until: validUntil,
      })),
      flags_seen: form.flagsSeen,
      is_on_sale: form.isOnSale,
    };
  });
}

function amountFault(minor: number | null): Fault | undefined {
  if (minor === null) return "not_money";
  return minor > AMOUNT_MINOR_MAX ? "out_of_range" : undefined;
}

function wrongPart({ product, qty }: PartForm): boolean {
  return product === "" || !Number.isInteger(qty) || qty < 1 || qty > QTY_MAX;
}

/** GS1 General Specifications, section 7.9: the last digit is a check of the others. */
function isGtin(text: string): boolean {
  if (!GTIN.test(text)) return false;
  const digits = [...text.padStart(14, "0")].map(Number);
  const sum = digits.slice(0, -1).reduce((total, digit, at) => total + digit * (at % 2 === 0 ? 3 : 1), 0);
  return (10 - (sum % 10)) % 10 === digits[13];
}

/** What of the request is another than that of the product as it was read: nobody sends what they did not touch. */
export function editOf(was: ProductRequest, now: ProductRequest, version: number): ProductEdit {
  const changed = Object.entries(now).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name as keyof ProductRequest]),
  );
  return { version, ...(Object.fromEntries(changed) as Omit<ProductEdit, "version">) };
}

/** Fields that another has changed since `was`; `both`: and so have we, to something else. */
export function changedBy(
  was: ProductForm,
  theirs: ProductForm,
  mine: ProductForm,
): { field: ProductField; both: boolean }[] {
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  return (Object.keys(was) as ProductField[])
    .filter((field) => !same(was[field], theirs[field]))
    .map((field) => ({ field, both: !same(mine[field], was[field]) && !same(mine[field], theirs[field]) }));
}

/** Theirs, with what we have changed ourselves. */
export function rebased(was: ProductForm, theirs: ProductForm, mine: ProductForm): ProductForm {
  const ours = Object.entries(mine).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(was[field as ProductField]),
  );
  return { ...theirs, ...(Object.fromEntries(ours) as Partial<ProductForm>) };
}
