/** The quick card: a product that is in no catalogue yet, typed in while the show runs. Pure. */
import type { CardRequest } from "@shared/api-types";
import { parseMoney } from "@shared/money";
import { oneLine } from "@shared/text";
import {
  AMOUNT_MINOR_MAX,
  checked,
  CURRENCY,
  lineFault,
  orNull,
  TITLE_MAX,
  type Checked,
  type Fault,
  type Faults,
} from "@kit/forms/checked";

export interface CardForm {
  title: string;
  subtitle: string;
  price: string;
  listPrice: string;
  unit: string;
  /** The id of an upload; "" for none. */
  image: string;
}

export type CardField = keyof CardForm;

export function emptyCardForm(): CardForm {
  return { title: "", subtitle: "", price: "", listPrice: "", unit: "", image: "" };
}

export function checkCard(form: CardForm): Checked<CardRequest, CardField> {
  const faults: Faults<CardField> = {};
  const note = (field: CardField, fault: Fault | undefined): void => {
    if (fault) faults[field] = fault;
  };
  const price = parseMoney(form.price, CURRENCY);
  const listPrice = parseMoney(form.listPrice, CURRENCY);
  note("title", lineFault(form.title, TITLE_MAX, true));
  note("subtitle", lineFault(form.subtitle, 200, false));
  note("unit", lineFault(form.unit, 40, false));
  note("price", moneyFault(form.price, price));
  note("listPrice", moneyFault(form.listPrice, listPrice));
  if (price !== null && listPrice !== null && listPrice <= price) faults.listPrice = "order";
  return checked(faults, () => ({
    title: oneLine(form.title),
    subtitle: orNull(form.subtitle),
    image: orNull(form.image),
    price_minor: price,
    list_price_minor: listPrice,
    currency: price === null && listPrice === null ? null : CURRENCY,
    unit: orNull(form.unit),
  }));
}

function moneyFault(text: string, minor: number | null): Fault | undefined {
  if (text.trim() === "") return undefined;
  if (minor === null) return "not_money";
  return minor > AMOUNT_MINOR_MAX ? "out_of_range" : undefined;
}
