/**
 * A list as a file for a spreadsheet, made by the server of the same filter. A link could not say who asks, so it is fetched and
 * then saved.
 */
import { refusalOf } from "@shared/api";
import { asRefusal, CODE, Refusal } from "@shared/refusal";

/** Long lists take the server a while. */
const TIMEOUT_MS = 120_000;

/** Throws Refusal, also where the server has this list as no file. */
export async function saveCsv(path: string, name: string, token: string | null): Promise<void> {
  const blob = await fetchCsv(path, token).catch((thrown: unknown) => {
    throw asRefusal(thrown);
  });
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has taken it over by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
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
