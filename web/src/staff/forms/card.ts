/** The quick card: a product that is in no catalogue yet, typed in while the show runs. Pure. */
import type { CardRequest } from "@shared/api-types";
import { parseMoney } from "@shared/money";
import { oneLine } from "@shared/text";
import { asStored, type Language } from "@shared/words";
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

/** `...Other`: the same in the pages' other language; empty: none. */
export interface CardForm {
  title: string;
  titleOther: string;
  subtitle: string;
  subtitleOther: string;
  price: string;
  listPrice: string;
  unit: string;
  unitOther: string;
  /** The id of an upload; "" for none. */
  image: string;
}

export type CardField = keyof CardForm;

export function emptyCardForm(): CardForm {
  return {
    title: "",
    titleOther: "",
    subtitle: "",
    subtitleOther: "",
    price: "",
    listPrice: "",
    unit: "",
    unitOther: "",
    image: "",
  };
}

/** `own`: the language of who fills it in. */
export function checkCard(form: CardForm, own: Language): Checked<CardRequest, CardField> {
  const faults: Faults<CardField> = {};
  const note = (field: CardField, fault: Fault | undefined): void => {
    if (fault) faults[field] = fault;
  };
  const price = parseMoney(form.price, CURRENCY);
  const listPrice = parseMoney(form.listPrice, CURRENCY);
  note("title", lineFault(form.title, TITLE_MAX, true));
  note("titleOther", lineFault(form.titleOther, TITLE_MAX, false));
  note("subtitle", lineFault(form.subtitle, 200, false));
  note("subtitleOther", lineFault(form.subtitleOther, 200, false));
  note("unit", lineFault(form.unit, 40, false));
  note("unitOther", lineFault(form.unitOther, 40, false));
  note("price", moneyFault(form.price, price));
  note("listPrice", moneyFault(form.listPrice, listPrice));
  if (price !== null && listPrice !== null && listPrice <= price) faults.listPrice = "order";
  return checked(faults, () => {
    const stored = (mine: string, other: string) => asStored({ own: oneLine(mine), other: oneLine(other) }, own);
    const title = stored(form.title, form.titleOther);
    const subtitle = stored(form.subtitle, form.subtitleOther);
    const unit = stored(form.unit, form.unitOther);
    return {
      title: title.plain,
      subtitle: orNull(subtitle.plain),
      image: orNull(form.image),
      price_minor: price,
      list_price_minor: listPrice,
      currency: price === null && listPrice === null ? null : CURRENCY,
      unit: orNull(unit.plain),
      ...(title.words && { titles: title.words }),
      ...(subtitle.words && { subtitles: subtitle.words }),
      ...(unit.words && { unit_names: unit.words }),
    };
  });
}

function moneyFault(text: string, minor: number | null): Fault | undefined {
  if (text.trim() === "") return undefined;
  if (minor === null) return "not_money";
  return minor > AMOUNT_MINOR_MAX ? "out_of_range" : undefined;
}
