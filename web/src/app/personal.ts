/** What belongs to one person and crosses pages (shared/personal.ts), and the keys of what they asked for (shared/once.ts). */
import { defineStore } from "pinia";
import { createOnce } from "@shared/once";
import { createPersonal } from "@shared/personal";
import { useSession } from "./useSession";

const who = (): string | null => useSession().person?.id ?? null;

export const usePersonal = defineStore("personal", () => createPersonal(who));

export const useOnce = defineStore("once", () => createOnce(who));
