/** The server's names for the fields of our forms, so that a refusal marks the field it is about. */
import type { Names } from "@kit/forms/refused";
import type { AnswerField } from "./answer";
import type { CameraForm } from "./camera";
import type { CardField } from "./card";
import type { CouponField } from "./coupon";
import type { QuizField } from "./quiz";
import type { RoomEditField, RoomField } from "./room";
import type { SaleField, StockForm } from "./sale";
import type { SaleEditForm } from "./sale-edit";
import type { WordsField } from "./words";

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
  "prize.title": "title",
  "prize.kind": "kind",
  "prize.amount_minor": "amount",
  "prize.basis_points": "percent",
  "prize.cap_minor": "cap",
  "prize.min_spend_minor": "minSpend",
  "prize.usable_until": "usableUntil",
};
export const COUPON_NAMES: Names<CouponField> = {
  title: "title",
  kind: "kind",
  amount_minor: "amount",
  basis_points: "percent",
  cap_minor: "cap",
  min_spend_minor: "minSpend",
  products: "products",
  audience: "audience",
  people: "people",
  usable_until: "usableUntil",
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
export const SALE_EDIT_NAMES: Names<keyof SaleEditForm> = {
  units: "units",
  per_person_max: "perPerson",
  closes_at: "endsInMin",
};
export const ROOM_NAMES: Names<RoomField> = {
  id: "id",
  title: "title",
  titles: "titleOther",
  "host.name": "hostName",
  starts_at: "startsAt",
  poster: "poster",
};
export const ROOM_EDIT_NAMES: Names<RoomEditField> = {
  title: "title",
  titles: "titleOther",
  "host.name": "hostName",
  notice: "notice",
  notices: "noticeOther",
  starts_at: "startsAt",
  poster: "poster",
};
export const STOCK_NAMES: Names<keyof StockForm> = { units: "delta", delta: "delta", reason: "reason" };
export const CAMERA_NAMES: Names<keyof CameraForm> = { name: "name", kind: "kind", url: "url" };
export const WORDS_NAMES: Names<WordsField> = { block: "block", hold: "hold" };
export const ANSWER_NAMES: Names<AnswerField> = {
  answer: "answer",
  "coupon.title": "title",
  "coupon.kind": "kind",
  "coupon.amount_minor": "amount",
  "coupon.basis_points": "percent",
  "coupon.cap_minor": "cap",
  "coupon.usable_until": "usableUntil",
  "coupon.min_spend_minor": "minSpend",
};
