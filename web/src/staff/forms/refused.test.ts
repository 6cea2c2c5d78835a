// A refusal marks the field it is about, and none where it is about none.
import { expect, it } from "vitest";
import { refusedField } from "@kit/forms/refused";
import { CODE, Refusal } from "@shared/refusal";
import {
  CAMERA_NAMES,
  COUPON_NAMES,
  QUIZ_NAMES,
  ROOM_NAMES,
  SALE_EDIT_NAMES,
  SALE_NAMES,
  STOCK_NAMES,
  WORDS_NAMES,
} from "./names";

const refusal = (code: number, field?: string): Refusal =>
  new Refusal({ code, name: "", message: "", ...(field === undefined ? {} : { field }) } as ConstructorParameters<
    typeof Refusal
  >[0]);

it("marks the field that the server names", () => {
  expect(refusedField(refusal(CODE.badRequest, "min_value"), QUIZ_NAMES)).toEqual({ min: "refused" });
  expect(refusedField(refusal(CODE.badRequest, "options[2]"), QUIZ_NAMES)).toEqual({ options: "refused" });
  expect(refusedField(refusal(CODE.badRequest, "prize.amount_minor"), QUIZ_NAMES)).toEqual({ amount: "refused" });
  expect(refusedField(refusal(CODE.badRequest, "total"), COUPON_NAMES)).toEqual({ total: "refused" });
  expect(refusedField(refusal(CODE.badRequest, "url"), CAMERA_NAMES)).toEqual({ url: "refused" });
  expect(refusedField(refusal(CODE.badRequest, "hold[17]"), WORDS_NAMES)).toEqual({ hold: "refused" });
  expect(refusedField(refusal(CODE.badRequest, "host.name"), ROOM_NAMES)).toEqual({ hostName: "refused" });
});

it("marks the field that a refusal is always about", () => {
  expect(refusedField(refusal(CODE.aboveStock), SALE_NAMES)).toEqual({ units: "above_stock" });
  expect(refusedField(refusal(CODE.aboveStock), STOCK_NAMES)).toEqual({ delta: "above_stock" });
  expect(refusedField(refusal(CODE.roomExists), ROOM_NAMES)).toEqual({ id: "taken" });
  expect(refusedField(refusal(CODE.productNotFound), SALE_NAMES)).toEqual({ product: "refused" });
  expect(refusedField(refusal(CODE.startInPast), ROOM_NAMES)).toEqual({ startsAt: "past" });
});

it("says of units that they are fewer than are taken, where that is why", () => {
  const why = { code: CODE.aboveStock, name: "", message: "", taken: 7 };
  expect(refusedField(new Refusal(why), SALE_EDIT_NAMES)).toEqual({ units: "below_taken" });
});

it("marks none otherwise", () => {
  expect(refusedField(refusal(CODE.badRequest, "currency"), COUPON_NAMES)).toEqual({});
  expect(refusedField(refusal(CODE.noAnswer), QUIZ_NAMES)).toEqual({});
  expect(refusal(CODE.badRequest).field).toBeNull();
});
