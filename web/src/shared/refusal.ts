/** A refusal with its number: what the server said no to, or what never reached it. The numbers are livehub/base/errors.py's. */
import type { ErrorBody } from "./wire";

export const CODE = {
  /** Not from the server: no answer in time. Whether it happened is unknown; retry with the same key. */
  noAnswer: 1,
  /** Not from the server: there is no connection now. */
  offline: 2,
  /** Not from the server: whoever asked has gone, and waits for no answer. */
  cancelled: 3,
  badRequest: 1000,
  tooFast: 1003,
  keyReused: 1004,
  nothingHere: 1005,
  versionStale: 1011,
  unauthenticated: 1100,
  badToken: 1101,
  forbidden: 1102,
  signInClosed: 1103,
  sessionEnded: 1104,
  wrongCode: 1106,
  challengeBurnt: 1107,
  challengeOver: 1108,
  otherPerson: 1109,
  signinTooOld: 1110,
  badPhone: 1112,
  codesExhausted: 1113,
  proofNeeded: 1115,
  nameReserved: 1120,
  personUnknown: 1125,
  phoneInvalid: 1142,
  unknownRegion: 1143,
  signInLost: 1170,
  passkeyRefused: 1174,
  unavailable: 1200,
  overloaded: 1201,
  internal: 1299,
  roomNotFound: 2000,
  notJoined: 2001,
  roomExists: 2003,
  showTransition: 2004,
  startInPast: 2006,
  muted: 2010,
  banned: 2011,
  bannedWord: 2012,
  slowMode: 2013,
  textTooLong: 2014,
  textEmpty: 2015,
  lineNotFound: 2016,
  quizNotFound: 2020,
  quizClosed: 2021,
  alreadyAnswered: 2022,
  badAnswer: 2023,
  questionNotFound: 2030,
  notYourRoom: 2042,
  invitationNotFound: 2043,
  invitationOver: 2044,
  roleNeeded: 2045,
  productNotFound: 4000,
  listPriceUnproven: 4003,
  couponNotFound: 4010,
  couponGone: 4011,
  couponNotUsable: 4012,
  couponNotForYou: 4013,
  saleNotFound: 4020,
  saleClosed: 4021,
  soldOut: 4022,
  limitReached: 4023,
  moreNeeded: 4024,
  holdNotFound: 4025,
  holdOver: 4026,
  notInRoom: 4027,
  aboveStock: 4028,
  waitlistFull: 4029,
  priceChanged: 4030,
  orderState: 4032,
  notOnSale: 4033,
  addressNeeded: 4036,
  cartFull: 4037,
  tooManyUnpaid: 4038,
  giftGone: 4039,
  orderNotFound: 4031,
  outsideArea: 4050,
  slotNotFound: 4051,
  slotFull: 4052,
  belowMinimum: 4053,
  providerAway: 4063,
  paymentRefused: 4065,
  photosNeeded: 4093,
  unitsTaken: 4094,
  taxNumberInvalid: 4097,
  cameraNotFound: 5000,
  cameraBusy: 5001,
  mediaNotAccepted: 5003,
  mediaSessionNotFound: 5004,
  playersFull: 5005,
  batchNotFound: 6022,
  lotTaken: 6023,
  boxNotFound: 6026,
} as const;

const UNKNOWN: ReadonlySet<number> = new Set([
  CODE.noAnswer,
  CODE.offline,
  CODE.cancelled,
  CODE.unavailable,
  CODE.internal,
  CODE.providerAway,
]);

export class Refusal extends Error {
  readonly code: number;
  override readonly name: string;
  readonly retryAfterMs: number | null;
  /** All that it came with, by name, as it came; read it with `figure`, `text` and `part`. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Which field of what was sent is wrong, where that is said, e.g. `prize.amount_minor`. */
  readonly field: string | null;
  /** The HTTP status, when it came by HTTP. */
  readonly status: number | null;

  constructor(body: ErrorBody, status: number | null = null) {
    super(body.message);
    this.code = body.code;
    this.name = body.name;
    this.retryAfterMs = body.retry_after_ms ?? null;
    this.fields = { ...body };
    this.field = this.text("field");
    this.status = status;
  }

  /** A number that it came with, e.g. how many are `left`; null when there is none of this name. */
  figure(name: string): number | null {
    return this.part(name, (value): value is number => typeof value === "number");
  }

  text(name: string): string | null {
    return this.part(name, (value): value is string => typeof value === "string");
  }

  /** Anything else that it came with, if it is what is expected. */
  part<Part>(name: string, is: (value: unknown) => value is Part): Part | null {
    const value = Object.hasOwn(this.fields, name) ? this.fields[name] : undefined;
    return is(value) ? value : null;
  }
}

export function noAnswer(): Refusal {
  return new Refusal({ code: CODE.noAnswer, name: "no_answer", message: "No answer in time." });
}

export function offline(): Refusal {
  return new Refusal({ code: CODE.offline, name: "offline", message: "Not connected." });
}

export function cancelled(): Refusal {
  return new Refusal({ code: CODE.cancelled, name: "cancelled", message: "Nobody waits for the answer any more." });
}

/** Whether nobody knows if what was asked for was done: then the same request, with the same key, is the way to find out. */
export function isUnknown({ code }: Refusal): boolean {
  return UNKNOWN.has(code);
}

/** Whether the token was refused, and another one may be taken. */
export function isOfToken({ code }: Refusal): boolean {
  return code === CODE.badToken || code === CODE.sessionEnded;
}

/** Whether a value from outside has the members of an error body. */
export function isErrorBody(value: unknown): value is ErrorBody {
  if (typeof value !== "object" || value === null) return false;
  const body = value as Partial<Record<keyof ErrorBody, unknown>>;
  return typeof body.code === "number" && typeof body.name === "string" && typeof body.message === "string";
}

/** Anything thrown, as a refusal. */
export function asRefusal(thrown: unknown): Refusal {
  if (thrown instanceof Refusal) return thrown;
  return new Refusal({ code: CODE.internal, name: "internal", message: String(thrown) });
}
