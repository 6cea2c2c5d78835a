/**
 * HTTP calls, typed by the server's own list of endpoints (endpoints.ts):
 *
 *     const { card } = await call("POST /api/rooms/{room}/pins", { path: { room }, body: { product } });
 *
 * JSON in and out; a problem document becomes a Refusal; every POST carries an Idempotency-Key. A call speaks for whoever is
 * here (Access). Whose token is refused gets another one, once for all calls that wait for it, and the call is repeated once.
 * Where the server wants a recent sign-in (1110), the person is asked over the page (setStepUp), and then the call is repeated.
 */
import type { Endpoints } from "./endpoints";
import { cancelled, CODE, isOfToken, noAnswer, offline, Refusal } from "./refusal";
import { heardDate } from "./server-time";

/** Long enough for a busy server, short enough that a person still waits. */
const TIMEOUT_MS = 10_000;

export type EndpointName = keyof Endpoints;
export type Query<Name extends EndpointName> = Endpoints[Name]["query"];
export type Body<Name extends EndpointName> = Endpoints[Name]["body"];
export type Reply<Name extends EndpointName> = Endpoints[Name]["reply"];

export interface CallOptions {
  /** Same key, same request: pass the first one again when retrying. A new one is made if left out. */
  key?: string;
  /** Nobody waits for the answer any more once this is aborted. */
  signal?: AbortSignal;
  timeoutMs?: number;
  /** What the answer is to be, where the server has it in several forms; JSON if left out. */
  accept?: string;
  /** That a person reads the answer in, where it is more than data: a file. */
  language?: string;
  /** Speaks for nobody: of what all see, so that a cache may answer, and it need not be known who is here. */
  anonymous?: boolean;
  /** Past any cache: of what was changed a moment ago. */
  fresh?: boolean;
}

type PathOf<Name extends EndpointName> = Endpoints[Name]["path"] extends null
  ? { path?: undefined }
  : { path: Endpoints[Name]["path"] };
type BodyOf<Name extends EndpointName> = Body<Name> extends null ? { body?: undefined } : { body: Body<Name> };
type QueryOf<Name extends EndpointName> = Query<Name> extends null ? { query?: undefined } : { query?: Query<Name> };

/** What a call takes: the parts of the path and the body where the endpoint has them, and options. */
export type Given<Name extends EndpointName> = PathOf<Name> & BodyOf<Name> & QueryOf<Name> & CallOptions;
/** One whose endpoint wants nothing may leave it out. */
type Arguments<Name extends EndpointName> = object extends Given<Name> ? [given?: Given<Name>] : [given: Given<Name>];

/** Who is here, for calls: the session of the app. */
export interface Access {
  /** The token to speak with, as soon as it is known who is here; null: nobody. */
  token: () => Promise<string | null>;
  /** Another token in place of one that was refused, of the same person; null where there is none. */
  renew: (refused: string, why: Refusal) => Promise<string | null>;
}

const NOBODY: Access = { token: () => Promise.resolve(null), renew: () => Promise.resolve(null) };
let access = NOBODY;

/** From now on calls speak for whoever this says; null: for nobody. */
export function setAccess(next: Access | null): void {
  access = next ?? NOBODY;
}

/** Asks who is here to prove it again; false: they would rather not, or came back as somebody else. */
export type StepUp = () => Promise<boolean>;
let stepUp: StepUp | null = null;

/** From now on this is asked before a call that was refused with 1110 is repeated; null: it is refused for good. */
export function setStepUp(next: StepUp | null): void {
  stepUp = next;
}

type Read<Content> = (response: Response) => Promise<Content>;

/** Calls the server. Throws Refusal; gives undefined for an answer without words. */
export function call<Name extends EndpointName>(name: Name, ...[given]: Arguments<Name>): Promise<Reply<Name>> {
  const read = async (response: Response): Promise<unknown> =>
    response.status === 204 ? undefined : await response.json();
  return ask(name, given, read) as Promise<Reply<Name>>;
}

/** For answers that are text, as a list in CSV. */
export function callText<Name extends EndpointName>(name: Name, ...[given]: Arguments<Name>): Promise<string> {
  return ask(name, given, (response) => response.text());
}

/** For answers that are files. */
export function callBlob<Name extends EndpointName>(name: Name, ...[given]: Arguments<Name>): Promise<Blob> {
  return ask(name, given, (response) => response.blob());
}

/** A file at an address that the server named, and that only who is here may see. */
export function blobAt(path: string, options: CallOptions = {}): Promise<Blob> {
  return send("GET", path, undefined, options, (response) => response.blob());
}

function ask<Content>(
  name: EndpointName,
  given: Partial<Given<EndpointName>> = {},
  read: Read<Content>,
): Promise<Content> {
  const { path, query, body, ...options } = given as CallOptions & {
    path?: Record<string, string>;
    query?: Record<string, unknown>;
    body?: unknown;
  };
  const [method = "GET", template = ""] = name.split(" ");
  // One whose address says it all is sent an empty body.
  const sent = method === "GET" || method === "DELETE" ? undefined : (body ?? {});
  const address = addressOf(template, path ?? {}, { ...query, fresh: options.fresh ? 1 : null });
  return send(method, address, sent, options, read);
}

/** The address of an endpoint: its path with the parts put in, and what is given of its query. Pure. */
export function addressOf(
  template: string,
  parts: Readonly<Record<string, string>>,
  query: Readonly<Record<string, unknown>> = {},
): string {
  const path = template.replace(/\{(\w+)\}/g, (_, part: string) => encodeURIComponent(parts[part] ?? ""));
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  const search = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  return search ? `${path}?${search}` : path;
}

async function send<Content>(
  method: string,
  path: string,
  body: unknown,
  options: CallOptions,
  read: Read<Content>,
): Promise<Content> {
  // One key for all, should it be sent again with another token.
  const key = method === "POST" ? (options.key ?? newKey()) : undefined;
  try {
    return await sendAsNow(method, path, body, { ...options, key }, read);
  } catch (thrown) {
    if (!stepUp || options.anonymous || !(thrown instanceof Refusal) || thrown.code !== CODE.signinTooOld) throw thrown;
    if (!(await stepUp()) || options.signal?.aborted) throw cancelled();
    return sendAsNow(method, path, body, { ...options, key }, read);
  }
}

/** As whoever is here now. */
async function sendAsNow<Content>(
  method: string,
  path: string,
  body: unknown,
  { key, ...options }: CallOptions,
  read: Read<Content>,
): Promise<Content> {
  const token = options.anonymous ? null : await access.token();
  if (options.signal?.aborted) throw cancelled();
  try {
    return await exchange(method, path, { ...options, body, key, token }, read);
  } catch (thrown) {
    if (token === null || !(thrown instanceof Refusal) || !isOfToken(thrown)) throw thrown;
    const next = await access.renew(token, thrown);
    if (next === null) throw thrown;
    if (options.signal?.aborted) throw cancelled();
    return exchange(method, path, { ...options, body, key, token: next }, read);
  }
}

export interface Exchange extends Pick<CallOptions, "key" | "signal" | "timeoutMs" | "accept" | "language"> {
  body?: unknown;
  token: string | null;
}

/** One request, as it is, and what is read of its response if that is a good one. Throws Refusal. */
export async function exchange<Content>(
  method: string,
  path: string,
  { body, key, token, signal, timeoutMs = TIMEOUT_MS, accept = "application/json", language }: Exchange,
  read: Read<Content>,
): Promise<Content> {
  const headers: Record<string, string> = { Accept: accept };
  if (language) headers["Accept-Language"] = language;
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key !== undefined) headers["Idempotency-Key"] = key;
  const sent = body === undefined ? undefined : JSON.stringify(body);
  // Over a page's whole life there are many calls: each lets go of the page's signal.
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  const timer = setTimeout(stop, timeoutMs);
  signal?.addEventListener("abort", stop);
  try {
    const response = await fetch(path, { method, headers, body: sent, signal: abort.signal });
    // What speaks for somebody comes out of no cache.
    if (token) heardDate(response.headers.get("Date"), Date.now());
    if (!response.ok) throw await refusalOf(response);
    return await read(response);
  } catch (thrown) {
    if (thrown instanceof Refusal) throw thrown;
    if (signal?.aborted) throw cancelled();
    // One that breaks off may have been carried out; in any case it is not known.
    throw abort.signal.aborted || thrown instanceof SyntaxError ? noAnswer() : offline();
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
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
