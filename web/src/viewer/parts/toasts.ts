/** Short words at the edge of the screen: a bounded queue, one after the other. */
import { readonly, shallowRef } from "vue";
import type { IconName } from "@shared/icons/shapes";

export interface Toast {
  id: number;
  text: string;
  icon: IconName;
  tone: "plain" | "good" | "bad";
}

const QUEUE_MAX = 5;
const SHOWN_MS = 2_600;

const shown = shallowRef<Toast | null>(null);
const queue: Toast[] = [];
let nextId = 1;

export const shownToast = readonly(shown);

export function toast(text: string, tone: Toast["tone"] = "plain", icon?: IconName): void {
  if (shown.value?.text === text) return;
  const fallback = { plain: "info", good: "check", bad: "warning" } as const;
  queue.push({ id: nextId++, text, tone, icon: icon ?? fallback[tone] });
  queue.splice(0, Math.max(0, queue.length - QUEUE_MAX));
  if (!shown.value) advance();
}

function advance(): void {
  shown.value = queue.shift() ?? null;
  if (shown.value) setTimeout(advance, SHOWN_MS);
}
