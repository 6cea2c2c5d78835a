/** Which field of a form a refusal of the server is about. Pure. */
import { CODE, type Refusal } from "@shared/refusal";
import type { AnswerField } from "./answer";
import type { CameraForm } from "./camera";
import type { Fault } from "./checked";
import type { CardField } from "./card";
import type { CouponField } from "./coupon";
import type { QuizField } from "./quiz";
import type { RoomEditField, RoomField } from "./room";
import type { SaleField, StockForm } from "./sale";
import type { WordsField } from "./words";

/** The server's names of fields, and ours. */
export type Names<Field extends string> = Readonly<Record<string, Field>>;

export const QUIZ_NAMES: Names<QuizField> = {
  question: "question",
  options: "options",
  correct_choice: "correctChoice",
  correct_value: "correctValue",
  unit: "unit",
  min_value: "min",
  max_value: "max",
  step: "step",
  duration_s: "durationS",
  winners_max: "winnersMax",
  "prize.title": "prizeTitle",
  "prize.amount_minor": "prizeAmount",
  "prize.min_spend_minor": "prizeMinSpend",
};
export const COUPON_NAMES: Names<CouponField> = {
  title: "title",
  amount_minor: "amount",
  min_spend_minor: "minSpend",
  total: "total",
  ends_in_s: "endsInS",
};
export const CARD_NAMES: Names<CardField> = {
  title: "title",
  titles: "titleOther",
  subtitle: "subtitle",
  subtitles: "subtitleOther",
  price_minor: "price",
  list_price_minor: "listPrice",
  unit: "unit",
  unit_names: "unitOther",
  image: "image",
};
export const SALE_NAMES: Names<SaleField> = {
  product: "product",
  price_minor: "price",
  units: "units",
  per_person_max: "perPerson",
  opens_at: "startsAt",
  closes_at: "endsAfterMin",
};
export const ROOM_NAMES: Names<RoomField> = {
  id: "id",
  title: "title",
  titles: "titleOther",
  "host.name": "hostName",
  starts_at: "startsAt",
};
export const ROOM_EDIT_NAMES: Names<RoomEditField> = {
  title: "title",
  titles: "titleOther",
  "host.name": "hostName",
  notice: "notice",
  notices: "noticeOther",
  starts_at: "startsAt",
};
export const STOCK_NAMES: Names<keyof StockForm> = { units: "delta", delta: "delta", reason: "reason" };
export const CAMERA_NAMES: Names<keyof CameraForm> = { name: "name", kind: "kind", url: "url" };
export const WORDS_NAMES: Names<WordsField> = { block: "block", hold: "hold" };
export const ANSWER_NAMES: Names<AnswerField> = { answer: "answer" };

/** Refusals that are about one field, whatever they are called there. */
const OF_A_FIELD: Readonly<Record<number, { name: string; fault: Fault }>> = {
  [CODE.roomExists]: { name: "id", fault: "taken" },
  [CODE.startInPast]: { name: "starts_at", fault: "past" },
  [CODE.productNotFound]: { name: "product", fault: "refused" },
  [CODE.aboveStock]: { name: "units", fault: "above_stock" },
};

export function refusedField<Field extends string>(
  { code, field }: Pick<Refusal, "code" | "field">,
  names: Names<Field>,
): Partial<Record<Field, Fault>> {
  const known = OF_A_FIELD[code];
  const name = known?.name ?? field?.replace(/\[.*$/, "");
  const ours = name === undefined ? undefined : names[name];
  return ours === undefined ? {} : ({ [ours]: known?.fault ?? "refused" } as Partial<Record<Field, Fault>>);
}
