/** How an event of a room is told: which words (`ops.log.type.*`), and what it is about. Pure. */
import type { PastEvent } from "@shared/api-types";

export interface Telling {
  key: string;
  /** In its own words; empty where the type says all. */
  subject: string;
  /** A moment it names (Unix ms), a number of seconds, or a count. */
  moment?: number;
  seconds?: number;
  winners?: number;
  /** When a restriction ends by itself; null: never. */
  until?: number | null;
  /** Words of the lists that a line was held for. */
  words?: string;
  /** Of a change of the word lists, or of a stock. */
  added?: number;
  removed?: number;
  delta?: number;
  /** Why, in somebody's words. */
  reason?: string;
}

/** 9999-12-31, as the server has it: a restriction without an end. */
const FOR_GOOD_TS = 253_402_300_799_000;

type Data = Record<string, unknown>;

/** Ids that some events say instead of words: those of what earlier events, or the room, have told. */
export function titlesOf(events: readonly PastEvent[]): ReadonlyMap<string, string> {
  const titles = new Map<string, string>();
  for (const { data } of events) {
    for (const thing of [data.card, data.coupon, data.quiz, data.sale, data.line]) {
      const { id, title, question, text, card } = recordOf(thing);
      const words = title ?? question ?? text ?? recordOf(card).title;
      if (typeof id === "string" && typeof words === "string") titles.set(id, words);
    }
  }
  return titles;
}

/** Names by id, of whoever is named anywhere in the list. */
export function namesOf(events: readonly PastEvent[]): ReadonlyMap<string, string> {
  const named = events
    .flatMap(({ by, about, ended }) => [by, about, ended?.by ?? null])
    .filter((actor) => actor !== null && actor.name !== "");
  return new Map(named.map((actor) => [actor?.id ?? "", actor?.name ?? ""]));
}

export function tellingOf(event: PastEvent, titles: ReadonlyMap<string, string>): Telling {
  const { type, data } = event;
  const known = (id: unknown): string => (typeof id === "string" ? (titles.get(id) ?? "") : "");
  switch (type) {
    case "show":
      return tellingOfShow(recordOf(data.show));
    case "room":
      return { key: type, subject: wordsOf(data.title) };
    case "slow_mode":
      return Number(data.seconds) > 0
        ? { key: type, subject: "", seconds: Number(data.seconds) }
        : { key: "slow_mode_off", subject: "" };
    case "chat_delete":
    case "chat_restore":
    case "report":
    case "held_approve":
    case "held_reject":
      return { key: type, subject: textOf(event) || known(data.line) };
    case "held":
      return withWords({ key: type, subject: textOf(event) }, data.matched);
    case "question":
    case "question_dismiss":
      return { key: type, subject: wordsOf(recordOf(data.question).text) };
    case "room_create":
    case "recording_remove":
    case "clip_add":
    case "clip_remove":
    case "product_create":
    case "product_edit":
    case "product_price":
    case "product_on_sale":
    case "product_off_sale":
    case "product_claims":
      return { key: type, subject: wordsOf(data.title) };
    case "camera_add":
    case "camera_token":
    case "camera_remove":
      return { key: type, subject: wordsOf(data.name) };
    case "cut":
      return wordsOf(data.name) ? { key: type, subject: wordsOf(data.name) } : { key: "cut_slate", subject: "" };
    case "cut_cancel":
      return { key: type, subject: "" };
    case "stock":
      return { key: type, subject: wordsOf(data.title), delta: Number(data.delta), reason: wordsOf(data.reason) };
    case "words":
      return { key: type, subject: "", added: Number(data.added), removed: Number(data.removed) };
    case "quiz_open":
      return { key: type, subject: wordsOf(recordOf(data.quiz).question) };
    case "quiz_result":
      return { key: type, subject: known(data.quiz), winners: Number(recordOf(data.result).winners_total ?? 0) };
    case "camera":
      return tellingOfCamera(data);
    case "mute":
    case "ban": {
      const until = Number(data.until_ts);
      return { key: type, subject: textOf(event), until: until >= FOR_GOOD_TS ? null : until, reason: event.reason };
    }
    case "host":
      return { key: `host_${wordsOf(data.kind) || "none"}`, subject: "" };
    case "invitation_add":
    case "invitation_remove":
    case "unblock":
      return { key: type, subject: "" };
    case "block":
      return {
        key: type,
        subject: "",
        until: typeof data.until_ts === "number" ? data.until_ts : null,
        reason: wordsOf(data.reason),
      };
    case "unmute":
    case "unban":
      return { key: type, subject: "", reason: event.reason };
    default:
      return ALIKE.has(type) ? { key: type, subject: firstWords(data, known) } : { key: "other", subject: type };
  }
}

/** They carry the thing, or only its id. */
const ALIKE = new Set([
  "pin",
  "unpin",
  "bag_put",
  "bag_remove",
  "coupon",
  "coupon_end",
  "quiz_close",
  "sale_scheduled",
  "sale_open",
  "sale_change",
  "sale_close",
  "sale_remove",
]);

function firstWords(data: Data, known: (id: unknown) => string): string {
  for (const thing of [data.card, data.coupon, data.quiz, data.sale]) {
    const { title, card } = recordOf(thing);
    const words = known(thing) || wordsOf(title) || wordsOf(recordOf(card).title);
    if (words) return words;
  }
  return "";
}

function tellingOfShow(show: Data): Telling {
  if (show.status === "live")
    return { key: show.since_ts === show.live_ts ? "show_live" : "show_resumed", subject: "" };
  if (show.status === "paused" || show.status === "ended") return { key: `show_${show.status}`, subject: "" };
  if (typeof show.starts_ts !== "number") return { key: "show_scheduled", subject: "" };
  return { key: "show_starts", subject: "", moment: show.starts_ts };
}

function tellingOfCamera({ program, reason }: Data): Telling {
  const { camera, name } = recordOf(program);
  if (reason === "lost") return { key: "camera_lost", subject: wordsOf(name) };
  if (program === null || reason === "end") return { key: "camera_end", subject: "" };
  return camera === null ? { key: "camera_slate", subject: "" } : { key: "camera", subject: wordsOf(name) };
}

function textOf({ line, data }: PastEvent): string {
  return line?.text ?? wordsOf(recordOf(data.line).text);
}

function withWords(telling: Telling, matched: unknown): Telling {
  const words = Array.isArray(matched)
    ? matched.map((match) => wordsOf(recordOf(match).word)).filter((word) => word !== "")
    : [];
  return words.length > 0 ? { ...telling, words: words.join(", ") } : telling;
}

function wordsOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function recordOf(value: unknown): Data {
  return typeof value === "object" && value !== null ? (value as Data) : {};
}
