/** The words of what staff did, which nobody needs before they look at it. */
import { useTexts } from "@shared/i18n";
import en from "./locales/en.json";
import zh from "./locales/zh-CN.json";

/** To be called in the setup of whatever shows acts. */
export function useAuditTexts(): void {
  useTexts({ en, "zh-CN": zh });
}
