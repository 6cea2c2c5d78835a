/**
 * The socket, typed: events as in wire.ts, and a refused or unanswered message is a Refusal.
 *
 * Socket.IO reconnects with backoff and jitter by itself. It is stopped when the server says not to come back (close codes
 * 3500-3999, or a refused handshake), and helped when the server ends the connection politely, which Socket.IO takes as final.
 */
import { io, type Socket } from "socket.io-client";
import { CODE, isErrorBody, noAnswer, offline, Refusal } from "./refusal";
import type { Acknowledgements, ClientEvents, Refused, ServerEvents } from "./wire";

/** After this long without an acknowledgement a person should be told. */
const ACK_TIMEOUT_MS = 8_000;
const RECONNECT_MIN_MS = 500;
const RECONNECT_MAX_MS = 8_000;

export type Link =
  | { state: "connecting" }
  | { state: "connected" }
  | { state: "reconnecting" }
  /** The server does not want this client back; nothing is retried. */
  | { state: "refused"; refusal: Refusal };

export interface LiveSocket {
  readonly link: Link;
  /** Sends and waits for the acknowledgement; throws Refusal. */
  emit<E extends keyof ClientEvents>(event: E, body: ClientEvents[E]): Promise<Acknowledgements[E]>;
  /** Listens; the answer stops listening. */
  on<E extends keyof ServerEvents>(event: E, listener: (message: ServerEvents[E]) => void): () => void;
  onLink(listener: (link: Link) => void): () => void;
  /** Is away until reconnectWith(): who was here has left. */
  pause(): void;
  /** Connects anew with another token (after signing in). */
  reconnectWith(token: string | null): void;
  close(): void;
}

export function connect(token: string | null, url = ""): LiveSocket {
  const auth: { token?: string } = token ? { token } : {};
  const socket: Socket = io(url, {
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    auth,
    reconnectionDelay: RECONNECT_MIN_MS,
    reconnectionDelayMax: RECONNECT_MAX_MS,
    randomizationFactor: 0.5,
  });
  const listeners = new Set<(link: Link) => void>();
  let link: Link = { state: "connecting" };
  let politeTimer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  function become(next: Link): void {
    if (closed) return;
    link = next;
    for (const listener of listeners) listener(next);
  }

  function refuse(refusal: Refusal): void {
    socket.disconnect();
    become({ state: "refused", refusal });
  }

  /** `afterMs`: the time the server named, which differs from viewer to viewer. */
  function comeBackLater(afterMs = RECONNECT_MIN_MS + Math.random() * RECONNECT_MAX_MS * 0.25): void {
    become({ state: link.state === "connecting" ? "connecting" : "reconnecting" });
    clearTimeout(politeTimer);
    politeTimer = setTimeout(() => socket.connect(), afterMs);
  }

  socket.on("connect", () => become({ state: "connected" }));
  socket.on("disconnect", (reason, details) => {
    if (closed || reason === "io client disconnect") return;
    const refusal = refusalOfClose(details);
    if (refusal) refuse(refusal);
    else if (reason === "io server disconnect") comeBackLater();
    else become({ state: "reconnecting" });
  });
  socket.on("connect_error", (error: Error & { data?: unknown }) => {
    if (isErrorBody(error.data) && isFinal(error.data.code)) refuse(new Refusal(error.data));
    // `active` says whether Socket.IO goes on trying; it does not after a handshake that was refused.
    else if (socket.active) become({ state: link.state === "connecting" ? "connecting" : "reconnecting" });
    else comeBackLater(isErrorBody(error.data) ? error.data.retry_after_ms : undefined);
  });

  return {
    get link() {
      return link;
    },
    async emit(event, body) {
      if (!socket.connected) throw offline();
      return unwrap(
        await socket
          .timeout(ACK_TIMEOUT_MS)
          .emitWithAck(event, body)
          .catch(() => Promise.reject(noAnswer())),
      );
    },
    on(event, listener) {
      const handler = listener as (...args: unknown[]) => void;
      socket.on(event as string, handler);
      return () => socket.off(event as string, handler);
    },
    onLink(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    pause() {
      clearTimeout(politeTimer);
      socket.disconnect();
      become({ state: "reconnecting" });
    },
    reconnectWith(next) {
      if (next) auth.token = next;
      else delete auth.token;
      clearTimeout(politeTimer);
      socket.disconnect();
      become({ state: "reconnecting" });
      socket.connect();
    },
    close() {
      closed = true;
      clearTimeout(politeTimer);
      listeners.clear();
      socket.removeAllListeners();
      socket.disconnect();
    },
  };
}

function unwrap<Reply extends { ok: true }>(reply: Reply | Refused): Reply {
  if (reply.ok) return reply;
  throw new Refusal(reply.error);
}

/** Errors of the handshake that trying again with the same token cannot heal. */
function isFinal(code: number): boolean {
  return code === CODE.badToken || code === CODE.unauthenticated || code === CODE.forbidden || code === CODE.banned;
}

/** The WebSocket close code, where there is one, as a refusal if it says not to come back. */
function refusalOfClose(details: unknown): Refusal | null {
  const context = (details as { context?: { code?: unknown; reason?: unknown } } | undefined)?.context;
  const code = context?.code;
  if (typeof code !== "number" || code < 3500 || code > 3999) return null;
  const numbers: Record<number, [number, string]> = { 3500: [CODE.badToken, "bad_token"] };
  const [number, name] = numbers[code] ?? [code, "closed"];
  return new Refusal({ code: number, name, message: String(context?.reason ?? "") });
}
