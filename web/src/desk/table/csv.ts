/** A list as a file for a spreadsheet, made by the server of the same filter. */
import { offerFile } from "@kit/file";
import { refusalOf } from "@shared/api";
import { asRefusal, CODE, Refusal } from "@shared/refusal";

/** Long lists take the server a while. */
const TIMEOUT_MS = 120_000;

/** Throws Refusal, also where the server has this list as no file. */
export async function saveCsv(path: string, name: string, token: string | null): Promise<void> {
  const blob = await fetchCsv(path, token).catch((thrown: unknown) => {
    throw asRefusal(thrown);
  });
  offerFile(blob, name);
}

async function fetchCsv(path: string, token: string | null): Promise<Blob> {
  const response = await fetch(path, {
    headers: { Accept: "text/csv", ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw await refusalOf(response);
  if (!response.headers.get("Content-Type")?.startsWith("text/csv"))
    throw new Refusal({ code: CODE.badRequest, name: "bad_request", message: "This list comes as no file." });
  return response.blob();
}
