/**
 * Short words over the page: done, or refused and why. A bounded queue, one after the other, each gone by itself and read out
 * politely (ToastHost); some can be taken back while they stand.
 *
 *     toast(t("…saved"), { tone: "good" });
 *     toast(t("…deleted"), { action: { text: t("…undo"), run: restore } });
 */
import { readonly, shallowRef } from "vue";
import type { IconName } from "@shared/icons/shapes";

export type Tone = "plain" | "good" | "bad";

export interface ToastOptions {
  tone?: Tone;
  icon?: IconName;
  /** What can be done about it while it stands. */
  action?: { text: string; run: () => unknown };
}

export interface Toast extends Required<Omit<ToastOptions, "action">> {
  id: number;
  text: string;
  action: ToastOptions["action"] | null;
}

const QUEUE_MAX = 5;
const SHOWN_MS = 2_600;
/** Trouble takes longer to read. */
const BAD_MS = 6_000;
/** Read, regretted and pressed; well within the seconds that the server allows for it (LIVEHUB_CHAT_UNDO_S). */
const ACTION_MS = 8_000;
/** Long enough to read, where others wait. */
const HURRIED_MS = 1_500;
const ICONS = { plain: "info", good: "check", bad: "warning" } as const;

const shown = shallowRef<Toast | null>(null);
const queue: Toast[] = [];
let nextId = 1;
let timer: ReturnType<typeof setTimeout> | undefined;
let since = 0;
let kept = false;

export const shownToast = readonly(shown);

export function toast(text: string, { tone = "plain", icon = ICONS[tone], action }: ToastOptions = {}): void {
  if (!action && (shown.value?.text === text || queue.some((waiting) => waiting.text === text))) return;
  queue.push({ id: nextId++, text, tone, icon, action: action ?? null });
  queue.splice(0, Math.max(0, queue.length - QUEUE_MAX));
  if (shown.value) leaveLater();
  else advance();
}

export function dismissToast(): void {
  kept = false;
  advance();
}

/** While somebody points at it or stands on it, it stays. */
export function keepToast(keep: boolean): void {
  kept = keep;
  leaveLater();
}

function advance(): void {
  shown.value = queue.shift() ?? null;
  since = performance.now();
  leaveLater();
}

function leaveLater(): void {
  clearTimeout(timer);
  if (!shown.value || kept) return;
  const { tone, action } = shown.value;
  const full = action ? ACTION_MS : tone === "bad" ? BAD_MS : SHOWN_MS;
  const wanted = queue.length > 0 ? Math.min(full, HURRIED_MS) : full;
  timer = setTimeout(advance, Math.max(0, since + wanted - performance.now()));
}
