/** Files for a person to keep: fetched with who asks, which a link could not say, and then handed to the browser. */
import { weChat } from "./wechat";

/** The browser has taken it over by then. */
const TAKEN_MS = 60_000;

/** Where it cannot, people are told how else to come by the file. */
export const savesFiles = (): boolean => weChat() === null;

/** Hands a file to the browser, which saves it as it saves any other. */
export function offerFile(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), TAKEN_MS);
}
