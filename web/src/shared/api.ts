/** HTTP calls: JSON in and out, a problem document becomes a Refusal, and every POST carries an Idempotency-Key. */
import { CODE, noAnswer, offline, Refusal } from "./refusal";

/** Long enough for a busy server, short enough that a person still waits. */
const TIMEOUT_MS = 10_000;

export interface CallOptions {
  token?: string | null;
  body?: unknown;
  /** Same key, same request: pass the first one again when retrying. A new one is made if left out. */
  key?: string;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Calls the server. Throws Refusal; gives undefined for 204. */
export async function call<Reply>(method: Method, path: string, options: CallOptions = {}): Promise<Reply> {
  const response = await send(method, path, options);
  if (!response.ok) throw await refusalOf(response);
  if (response.status === 204) return undefined as Reply;
  return (await response.json()) as Reply;
}

async function send(method: Method, path: string, options: CallOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (options.token) headers.Authorization = `Bearer ${options.token}`;
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (method === "POST") headers["Idempotency-Key"] = options.key ?? newKey();
  const body = options.body === undefined ? undefined : JSON.stringify(options.body);
  try {
    return await fetch(path, { method, headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (thrown) {
    throw thrown instanceof DOMException && thrown.name === "TimeoutError" ? noAnswer() : offline();
  }
}

/** What a refused response says. */
export async function refusalOf(response: Response): Promise<Refusal> {
  const problem = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  return new Refusal(
    {
      ...problem,
      code: typeof problem.code === "number" ? problem.code : CODE.internal,
      name: typeof problem.name === "string" ? problem.name : "internal",
      message: String(problem.detail ?? problem.title ?? response.statusText),
      retry_after_ms: typeof problem.retry_after_ms === "number" ? problem.retry_after_ms : undefined,
    },
    response.status,
  );
}

/** A fresh key for one request; crypto.randomUUID exists in secure contexts only, and a demo may run on plain HTTP in a LAN. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
