/** The HTTP side of WHIP and WHEP (RFC 9725): an offer for an answer, pieces of ICE after that, and the end. Throws Refusal. */
import { refusalOf } from "../api";
import { noAnswer, offline, Refusal } from "../refusal";
import { iceServersOf } from "./link-header";

const TIMEOUT_MS = 8_000;
/** Most peers need no such server; they are not to wait for long. */
const ASK_TIMEOUT_MS = 2_000;
const FRAGMENT = "application/trickle-ice-sdpfrag";

export interface Opened {
  answer: string;
  /** The session's own address: what changes or ends it. */
  location: string;
  etag: string | null;
  iceServers: RTCIceServer[];
}

/** STUN and TURN servers to use, asked for before there is an offer; none when there is no answer in time. */
export async function askIceServers(url: string): Promise<RTCIceServer[]> {
  try {
    const response = await fetch(url, { method: "OPTIONS", signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
    return response.ok ? iceServersOf(response.headers.get("Link")) : [];
  } catch {
    return [];
  }
}

/** Sends an offer. `token`: of a camera, or of a person. */
export async function postOffer(url: string, token: string | null, offer: string): Promise<Opened> {
  const response = await send(
    "POST",
    url,
    token,
    { "Content-Type": "application/sdp", Accept: "application/sdp, application/problem+json" },
    offer,
  );
  const location = response.headers.get("Location");
  if (!location) throw new Refusal({ code: 1299, name: "internal", message: "No session was named." });
  return {
    answer: await response.text(),
    location: new URL(location, new URL(url, document.baseURI)).href,
    etag: response.headers.get("ETag"),
    iceServers: iceServersOf(response.headers.get("Link")),
  };
}

/** Candidates that were found after the offer had left. */
export async function patchCandidates(session: Opened, token: string | null, fragment: string): Promise<void> {
  const match: Record<string, string> = session.etag === null ? {} : { "If-Match": session.etag };
  await send("PATCH", session.location, token, { "Content-Type": FRAGMENT, ...match }, fragment);
}

/** An ICE restart; gives the other side's fragment and the new entity tag. */
export async function patchRestart(
  session: Opened,
  token: string | null,
  fragment: string,
): Promise<{ fragment: string; etag: string | null }> {
  const response = await send(
    "PATCH",
    session.location,
    token,
    { "Content-Type": FRAGMENT, "If-Match": "*" },
    fragment,
  );
  return { fragment: await response.text(), etag: response.headers.get("ETag") };
}

/** Ends the session; also while the page goes away. Whether the server heard it does not matter: it notices by itself. */
export function deleteSession(session: Opened, token: string | null): void {
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
  void fetch(session.location, { method: "DELETE", headers, keepalive: true }).catch(() => undefined);
}

async function send(
  method: "POST" | "PATCH",
  url: string,
  token: string | null,
  headers: Record<string, string>,
  body: string,
): Promise<Response> {
  if (token) headers.Authorization = `Bearer ${token}`;
  let response: Response;
  try {
    response = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (thrown) {
    throw thrown instanceof DOMException && thrown.name === "TimeoutError" ? noAnswer() : offline();
  }
  if (!response.ok) throw await refusalOf(response);
  return response;
}
