/** The words of the page of the log, which nobody needs before they go there. */
import { useTexts } from "@shared/i18n";
import en from "./locales/en.json";
import zh from "./locales/zh-CN.json";

/** To be called in the setup of the page. */
export function useProofTexts(): void {
  useTexts({ en, "zh-CN": zh });
}
