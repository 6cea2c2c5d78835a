/** Keys of the console. The table is the truth: the help shows it, the listener reads it. They can be switched off. */
import { useEventListener } from "@vueuse/core";
import { isOverlaid } from "@shared/overlays/overlays";
import { keysOn } from "./switch";

export type Command =
  | "help"
  | "newRoom"
  | "previousRoom"
  | "nextRoom"
  | "words"
  | "toggleShow"
  | "tabProducts"
  | "tabCoupons"
  | "tabQuizzes"
  | "tabQuestions"
  | "tabLog"
  | "tabCameras"
  | "tabRecordings"
  | "tabSales"
  | "cut1"
  | "cut2"
  | "cut3"
  | "cut4"
  | "slate"
  | "catalogue"
  | "coupon"
  | "quiz"
  | "nextHeld"
  | "previousHeld"
  | "approve"
  | "reject";

export const KEYS: readonly { key: string; command: Command }[] = [
  { key: "1", command: "tabProducts" },
  { key: "2", command: "tabCoupons" },
  { key: "3", command: "tabQuizzes" },
  { key: "4", command: "tabQuestions" },
  { key: "5", command: "tabLog" },
  { key: "6", command: "tabCameras" },
  { key: "7", command: "tabRecordings" },
  { key: "8", command: "tabSales" },
  // Side by side under one hand, as on a mixing desk.
  { key: "u", command: "cut1" },
  { key: "i", command: "cut2" },
  { key: "o", command: "cut3" },
  { key: "p", command: "cut4" },
  { key: "s", command: "slate" },
  { key: "j", command: "nextHeld" },
  { key: "k", command: "previousHeld" },
  { key: "a", command: "approve" },
  { key: "x", command: "reject" },
  { key: "/", command: "catalogue" },
  { key: "c", command: "coupon" },
  { key: "q", command: "quiz" },
  { key: "l", command: "toggleShow" },
  { key: "[", command: "previousRoom" },
  { key: "]", command: "nextRoom" },
  { key: "n", command: "newRoom" },
  { key: "w", command: "words" },
  { key: "?", command: "help" },
];

/** The key that cuts to the first cameras of the gallery, by their place. */
export const CUT_KEYS: readonly string[] = KEYS.filter(({ command }) => command.startsWith("cut")).map(({ key }) =>
  key.toUpperCase(),
);

export interface Stroke {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  repeat: boolean;
  isComposing: boolean;
}

/** What a stroke asks for. Nothing where the keys are not ours, and nothing that the browser or the system means. Pure. */
export function commandOf(stroke: Stroke, ours: boolean): Command | null {
  if (!ours || stroke.isComposing || stroke.ctrlKey || stroke.metaKey || stroke.altKey) return null;
  const found = KEYS.find(({ key }) => key === stroke.key.toLowerCase());
  // Held down, only moving through a list makes sense.
  if (!found || (stroke.repeat && found.command !== "nextHeld" && found.command !== "previousHeld")) return null;
  return found.command;
}

export type Handlers = Partial<Record<Command, () => void>>;

/** Listens while the component stands; what it has no handler for is left to others. */
export function useShortcuts(handlers: Handlers): void {
  function onKeydown(event: KeyboardEvent): void {
    const command = commandOf(event, keysOn.value && !isOverlaid() && !isTyping(event.target));
    const handler = command ? handlers[command] : undefined;
    if (!handler) return;
    event.preventDefault();
    handler();
  }
  useEventListener("keydown", onKeydown);
}

/** A field that takes letters, or a list that letters choose in: the keys belong to it. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !LETTERLESS.has(target.type) || target.role === "combobox";
  return target.isContentEditable || target.matches("textarea, select, [role='listbox'], [role='listbox'] *");
}

const LETTERLESS = new Set(["checkbox", "radio", "button", "submit", "reset", "range", "color", "file"]);
