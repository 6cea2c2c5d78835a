/**
 * A list as a file, for a spreadsheet or as CSV, made by the server of the same filter, with the headings of the page's language. A link could not say who asks, so it is
 * fetched and then saved:
 *
 *     :file="{ path: addressOf('/api/people', {}, query), name: 'people' }"
 */
import { offerFile } from "@kit/file";
import { blobAt } from "@shared/api";
import { language } from "@shared/i18n";
import { CODE, Refusal } from "@shared/refusal";

export interface ListFile {
  path: string;
  /** Of the file, which has the day in it. */
  name: string;
}

/** Long lists take the server a while. */
const TIMEOUT_MS = 120_000;
/** By the ending of the file. */
const TYPES = {
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  csv: "text/csv",
} as const;
export type FileKind = keyof typeof TYPES;

/** Throws Refusal, also where the server has this list as no file. */
export async function saveList({ path, name }: ListFile, kind: FileKind): Promise<void> {
  const blob = await blobAt(path, { accept: TYPES[kind], language: language.value, timeoutMs: TIMEOUT_MS });
  if (!blob.type.startsWith(TYPES[kind]))
    throw new Refusal({ code: CODE.badRequest, name: "bad_request", message: "This list comes as no file." });
  offerFile(blob, `${name}-${new Date().toISOString().slice(0, 10)}.${kind}`);
}
