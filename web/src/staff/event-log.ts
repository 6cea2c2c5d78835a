/** The control messages of a room as they came, for people who must know what happened when. Pure, bounded. */
import type { Arrival } from "@shared/room";
import type { Control, ControlData } from "@shared/wire";

export interface LogEntry {
  epoch: string;
  offset: number;
  type: string;
  ts: number;
  arrival: Arrival;
  /** The thing it is about, in its own words or its id; empty when the type says all. */
  subject: string;
}

export const LOG_MAX = 300;

/** Newest first. */
export function withEntry(log: readonly LogEntry[], control: Control, arrival: Arrival): readonly LogEntry[] {
  const { epoch, offset, type, ts } = control;
  return [{ epoch, offset, type, ts, arrival, subject: subjectOf(control.data) }, ...log].slice(0, LOG_MAX);
}

function subjectOf(data: ControlData): string {
  switch (data.type) {
    case "show":
      return data.show.status;
    case "room":
      return data.title;
    case "pin":
    case "bag_put":
      return data.card.title;
    case "bag_remove":
      return data.card;
    case "coupon":
      return data.coupon.title;
    case "coupon_end":
      return data.coupon;
    case "quiz_open":
      return data.quiz.question;
    case "quiz_close":
      return data.quiz;
    case "quiz_result":
      return `${data.result.winners_total} / ${data.result.answers}`;
    case "question":
      return data.question.text;
    case "sale_scheduled":
    case "sale_open":
      return data.sale.card.title;
    case "sale_close":
    case "sale_remove":
      return data.sale;
    case "slow_mode":
      return `${data.seconds} s`;
    case "chat_delete":
      return data.line;
    case "chat_restore":
      return data.line.text;
    case "mute":
    case "ban":
      return data.user;
    default:
      return "";
  }
}
