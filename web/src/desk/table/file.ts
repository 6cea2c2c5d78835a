/**
 * A list as a file for a spreadsheet, made by the server of the same filter. A link could not say who asks, so it is fetched and
 * then saved:
 *
 *     :csv="() => saveCsv(addressOf('/api/people', {}, query), 'people')"
 */
import { offerFile } from "@kit/file";
import { blobAt } from "@shared/api";
import { CODE, Refusal } from "@shared/refusal";

/** Long lists take the server a while. */
const TIMEOUT_MS = 120_000;
const TYPE = "text/csv";

/** `name`: of the file, which has the day in it. Throws Refusal, also where the server has this list as no file. */
export async function saveCsv(path: string, name: string): Promise<void> {
  const blob = await blobAt(path, { accept: TYPE, timeoutMs: TIMEOUT_MS });
  if (!blob.type.startsWith(TYPE))
    throw new Refusal({ code: CODE.badRequest, name: "bad_request", message: "This list comes as no file." });
  offerFile(blob, `${name}-${new Date().toISOString().slice(0, 10)}.csv`);
}
