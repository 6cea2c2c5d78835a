/** The words of the pages of batches, which nobody needs before they go there. */
import { useTexts } from "@shared/i18n";
import en from "./locales/en.json";
import zh from "./locales/zh-CN.json";

/** To be called in the setup of each of these pages. */
export function useBatchTexts(): void {
  useTexts({ en, "zh-CN": zh });
}
