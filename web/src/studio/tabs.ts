/** The parts of a host's desk. At a desk the show and the chat have columns of their own. */
import type { IconName } from "@shared/icons/shapes";

export type Tab = "show" | "picture" | "products" | "sale" | "questions" | "play" | "chat";

export const PHONE_TABS: readonly Tab[] = ["show", "picture", "products", "sale", "questions", "play", "chat"];
export const WIDE_TABS: readonly Tab[] = ["products", "sale", "questions", "play", "picture"];
export const TAB_ICONS: Record<Tab, IconName> = {
  show: "signal",
  picture: "camera",
  products: "bag",
  sale: "bolt",
  questions: "question",
  play: "gift",
  chat: "chat",
};
