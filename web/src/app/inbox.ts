/**
 * Messages to this person, on whatever page they are: kept for as long as they are here, shown once while the page is looked at,
 * and only then marked as read.
 */
import { defineStore } from "pinia";
import { getCurrentScope, onScopeDispose, type ShallowRef } from "vue";
import type { Personal } from "@shared/personal";
import { isHold } from "@shared/sale";
import type { LiveSocket } from "@shared/socket";
import type { CouponCard, Direct, Hold } from "@shared/wire";
import type { Language } from "@shared/words";
import { usePersonal } from "./personal";
import { useSocket } from "./socket";

export type Message =
  | {
      kind: "quiz_won";
      id: string;
      ts: number;
      room: string;
      quiz: string;
      question: string;
      rank: number;
      coupon: CouponCard | null;
    }
  | { kind: "question_answered"; id: string; ts: number; room: string; question: string; text: string; answer: string }
  /** For a question that was answered. */
  | { kind: "coupon_given"; id: string; ts: number; room: string; question: string; coupon: CouponCard }
  /** A copy of one's data can be fetched. */
  | { kind: "export_ready"; id: string; ts: number }
  | { kind: "hold"; id: string; ts: number; hold: Hold }
  /** Words of the server's, by language; `link`: the path of the page that it is about. */
  | { kind: "notice"; id: string; ts: number; titles: Words; texts: Words; link: string | null };

type Words = Readonly<Record<Language, string>>;

export interface Inbox {
  messages: ShallowRef<readonly Message[]>;
  unseen: ShallowRef<number>;
  looked: () => void;
  /**
   * Who shows messages while they are there, e.g. a room its own. Who came last is asked first, and says whether the message is
   * shown with that; else the one before is asked. Within an effect scope, for as long as that.
   */
  onShow: (show: (message: Message) => boolean) => void;
}

const KEPT_MAX = 50;

export const useInbox = defineStore("inbox", () => createInbox(useSocket().socket, usePersonal()));

/** Within an effect scope. */
export function createInbox(socket: LiveSocket, personal: Personal): Inbox {
  const showers: ((message: Message) => boolean)[] = [];
  const messages = personal.keep<readonly Message[]>(() => []);
  const unseen = personal.keep(() => 0);
  const unshown = personal.keep<readonly Message[]>(() => []);

  const stop = socket.on("direct", (direct) => {
    const message = messageOf(direct);
    // What this page does not know it cannot show; it stays unread for a page that can.
    if (!message) return;
    if (messages.value.some((other) => other.id === message.id)) {
      // Shown before, and the word about that got lost: said again, or it would come with every connection.
      if (!unshown.value.some((other) => other.id === message.id)) read([message.id]);
      return;
    }
    messages.value = [message, ...messages.value].slice(0, KEPT_MAX);
    unshown.value = [...unshown.value, message].slice(-KEPT_MAX);
    unseen.value++;
    showAll();
  });
  document.addEventListener("visibilitychange", showAll);
  onScopeDispose(() => {
    stop();
    document.removeEventListener("visibilitychange", showAll);
  });

  function showAll(): void {
    if (document.visibilityState !== "visible" || unshown.value.length === 0 || showers.length === 0) return;
    const now = unshown.value;
    unshown.value = [];
    for (const message of now) showers.toReversed().some((show) => show(message));
    read(now.map(({ id }) => id));
  }

  /** If this is lost they come again at the next connection, and are recognised by their ids. */
  function read(ids: string[]): void {
    socket.emit("read", { ids }).catch(() => undefined);
  }

  return {
    messages,
    unseen,
    looked() {
      unseen.value = 0;
    },
    onShow(show) {
      showers.push(show);
      if (getCurrentScope()) onScopeDispose(() => showers.splice(showers.indexOf(show), 1));
      showAll();
    },
  };
}

/** A direct message as something we can show; null for a type that we do not know. */
export function messageOf({ id, type, ts, data }: Direct): Message | null {
  const text = (key: string): string => (typeof data[key] === "string" ? data[key] : "");
  if (type === "quiz_won") {
    const coupon = (data.coupon ?? null) as CouponCard | null;
    const rank = typeof data.rank === "number" ? data.rank : 0;
    return {
      kind: "quiz_won",
      id,
      ts,
      room: text("room"),
      quiz: text("quiz"),
      question: text("question"),
      rank,
      coupon,
    };
  }
  if (type === "question_answered") {
    return {
      kind: "question_answered",
      id,
      ts,
      room: text("room"),
      question: text("question"),
      text: text("text"),
      answer: text("answer"),
    };
  }
  if (type === "coupon_given") {
    const coupon = (data.coupon ?? null) as CouponCard | null;
    return coupon && { kind: type, id, ts, room: text("room"), question: text("question"), coupon };
  }
  if (type === "hold") {
    return isHold(data.hold) ? { kind: "hold", id, ts, hold: data.hold } : null;
  }
  if (type === "notice") {
    const { titles, texts, link } = data;
    return isWords(titles) && isWords(texts)
      ? { kind: type, id, ts, titles, texts, link: isPath(link) ? link : null }
      : null;
  }
  return type === "export_ready" ? { kind: type, id, ts } : null;
}

function isWords(words: unknown): words is Words {
  return (
    typeof words === "object" &&
    words !== null &&
    ["zh", "en"].every((key) => typeof words[key as keyof object] === "string")
  );
}

/** Of this site: what begins with two slashes, or a slash and a backslash, is on another. */
function isPath(link: unknown): link is string {
  return typeof link === "string" && /^\/(?![/\\])/.test(link);
}
