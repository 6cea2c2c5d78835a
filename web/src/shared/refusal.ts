/** A refusal with its number: what the server said no to, or what never reached it. The numbers are livehub/base/errors.py's. */
import { isHold } from "./sale";
import type { ErrorBody, Hold } from "./wire";

export const CODE = {
  /** Not from the server: no answer in time. Whether it happened is unknown; retry with the same key. */
  noAnswer: 1,
  /** Not from the server: there is no connection now. */
  offline: 2,
  badRequest: 1000,
  tooFast: 1003,
  keyReused: 1004,
  nothingHere: 1005,
  unauthenticated: 1100,
  badToken: 1101,
  forbidden: 1102,
  signInClosed: 1103,
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
  productNotFound: 4000,
  couponNotFound: 4010,
  couponGone: 4011,
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
  cameraNotFound: 5000,
  cameraBusy: 5001,
  mediaNotAccepted: 5003,
  mediaSessionNotFound: 5004,
  playersFull: 5005,
} as const;

export class Refusal extends Error {
  readonly code: number;
  override readonly name: string;
  readonly retryAfterMs: number | null;
  /** Numbers that some refusals come with, by name, e.g. how many are `left`. */
  readonly figures: Readonly<Record<string, number>>;
  /** Which field of what was sent is wrong, where that is said, e.g. `prize.amount_minor`. */
  readonly field: string | null;
  /** What the buyer has of the sale that was refused, where that is said. */
  readonly hold: Hold | null;
  /** The HTTP status, when it came by HTTP. */
  readonly status: number | null;

  constructor(body: ErrorBody, status: number | null = null) {
    super(body.message);
    this.code = body.code;
    this.name = body.name;
    this.retryAfterMs = body.retry_after_ms ?? null;
    this.figures = Object.fromEntries(
      Object.entries(body).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
    );
    const { hold, field } = body as { hold?: unknown; field?: unknown };
    this.field = typeof field === "string" ? field : null;
    this.hold = isHold(hold) ? hold : null;
    this.status = status;
  }
}

export function noAnswer(): Refusal {
  return new Refusal({ code: CODE.noAnswer, name: "no_answer", message: "No answer in time." });
}

export function offline(): Refusal {
  return new Refusal({ code: CODE.offline, name: "offline", message: "Not connected." });
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
