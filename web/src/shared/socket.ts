/**
 * The socket of an app, typed: events as in wire.ts, and a refused or unanswered message is a Refusal.
 *
 * Socket.IO reconnects with backoff and jitter by itself. It is stopped when the server says not to come back (close codes
 * 3500-3999, or a refused handshake), and helped when the server ends the connection politely, which Socket.IO takes as final.
 * Where it is the token that is refused, another one is asked for first, and the connection comes back with that.
 *
 * The way to the server is opened at once; who is here is said when that is known. So neither waits for the other.
 */
import { io, type Socket } from "socket.io-client";
import { backoffMs } from "./backoff";
import { asRefusal, CODE, isErrorBody, isOfToken, isUnknown, noAnswer, offline, Refusal } from "./refusal";
import type { Acknowledgements, ClientEvents, Refused, ServerEvents } from "./wire";

/** After this long without an acknowledgement a person should be told. */
const ACK_TIMEOUT_MS = 8_000;
const RECONNECT_MIN_MS = 500;
const RECONNECT_MAX_MS = 8_000;
const UNANSWERED = { minMs: 1_000, maxMs: 30_000 };
/** Tokens that are refused one after the other: a server that refuses each is not to be asked for ever. */
const RENEWALS_MAX = 3;

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
  /** Begins, or comes back after `pause`. */
  open(): void;
  /** Is away until `open` or `reconnect`. */
  pause(): void;
  /** Connects anew: somebody else is here. */
  reconnect(): void;
  /** The person is the same and has another token, which the open connection goes on with. */
  renewed(token: string): void;
  close(): void;
}

export interface SocketAuth {
  /** The token to speak with, as soon as it is known who is here; null: nobody. */
  token: () => Promise<string | null>;
  /** A token, or the session behind it, was refused: whether to come back with another. Throws Refusal if that can't be known now. */
  renew: (refused: string | null, why: Refusal) => Promise<boolean>;
}

const NOBODY: SocketAuth = { token: () => Promise.resolve(null), renew: () => Promise.resolve(false) };

export function connect({ token, renew }: SocketAuth = NOBODY): LiveSocket {
  const listeners = new Set<(link: Link) => void>();
  let link: Link = { state: "connecting" };
  let comeBackTimer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;
  let sent: string | null = null;
  let renewals = 0;
  /** Times that nobody could say whether there is another token. */
  let unanswered = 0;
  /** Counts what was decided about the connection, so that a decision that comes late is ignored. */
  let round = 0;
  /** Counts the times that Socket.IO asked who is here: only the last is answered, since only one connection is open. */
  let greeting = 0;

  const socket: Socket = io("", {
    autoConnect: false,
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    auth: (say: (auth: object) => void) => void greet(say),
    reconnectionDelay: RECONNECT_MIN_MS,
    reconnectionDelayMax: RECONNECT_MAX_MS,
    randomizationFactor: 0.5,
  });

  async function greet(say: (auth: object) => void): Promise<void> {
    const mine = ++greeting;
    const known = await token();
    if (mine !== greeting || closed) return;
    sent = known;
    say(known === null ? {} : { token: known });
  }

  function become(next: Link): void {
    if (closed) return;
    link = next;
    for (const listener of listeners) listener(next);
  }

  const becomeAway = (): void => become({ state: link.state === "connecting" ? "connecting" : "reconnecting" });

  function decide(): number {
    clearTimeout(comeBackTimer);
    greeting++;
    return ++round;
  }

  function refuse(refusal: Refusal): void {
    decide();
    socket.disconnect();
    become({ state: "refused", refusal });
  }

  /** `afterMs`: the time the server named, which differs from viewer to viewer. */
  function comeBackLater(afterMs = RECONNECT_MIN_MS + Math.random() * RECONNECT_MAX_MS * 0.25): void {
    becomeAway();
    clearTimeout(comeBackTimer);
    comeBackTimer = setTimeout(() => socket.connect(), afterMs);
  }

  async function refusedAs(refusal: Refusal): Promise<void> {
    if (!isOfToken(refusal) || renewals >= RENEWALS_MAX) {
      refuse(refusal);
      return;
    }
    renewals++;
    const mine = decide();
    socket.disconnect();
    becomeAway();
    try {
      const comes = await renew(sent, refusal);
      if (mine !== round || closed) return;
      if (comes) socket.connect();
      else refuse(refusal);
    } catch (thrown) {
      if (mine !== round || closed) return;
      renewals--;
      const { retryAfterMs } = asRefusal(thrown);
      comeBackLater(retryAfterMs ?? backoffMs(unanswered++, UNANSWERED, Math.random()));
    }
  }

  socket.on("connect", () => {
    renewals = unanswered = 0;
    become({ state: "connected" });
  });
  socket.on("disconnect", (reason, details) => {
    if (closed || reason === "io client disconnect") return;
    const refusal = refusalOfClose(details);
    if (refusal) void refusedAs(refusal);
    else if (reason === "io server disconnect") comeBackLater();
    else become({ state: "reconnecting" });
  });
  socket.on("connect_error", (error: Error & { data?: unknown }) => {
    if (isErrorBody(error.data) && isFinal(error.data.code)) void refusedAs(new Refusal(error.data));
    // `active` says whether Socket.IO goes on trying; it does not after a handshake that was refused.
    else if (socket.active) becomeAway();
    else comeBackLater(isErrorBody(error.data) ? error.data.retry_after_ms : undefined);
  });

  const live: LiveSocket = {
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
    open() {
      decide();
      renewals = 0;
      becomeAway();
      socket.connect();
    },
    pause() {
      decide();
      socket.disconnect();
      become({ state: "reconnecting" });
    },
    reconnect() {
      decide();
      renewals = 0;
      socket.disconnect();
      become({ state: "reconnecting" });
      socket.connect();
    },
    renewed(next) {
      const mine = round;
      if (!socket.connected || sent === next) return;
      sent = next;
      live.emit("token", { token: next }).catch((thrown: unknown) => {
        // Not heard: the server closes the connection when its token ends, and it comes back with the new one.
        if (mine === round && !closed && !isUnknown(asRefusal(thrown))) live.reconnect();
      });
    },
    close() {
      closed = true;
      decide();
      listeners.clear();
      socket.removeAllListeners();
      socket.disconnect();
    },
  };
  return live;
}

function unwrap<Reply extends { ok: true }>(reply: Reply | Refused): Reply {
  if (reply.ok) return reply;
  throw new Refusal(reply.error);
}

/** Errors of the handshake that trying again with the same token cannot heal. */
function isFinal(code: number): boolean {
  return FINAL.has(code);
}

const FINAL: ReadonlySet<number> = new Set([
  CODE.badToken,
  CODE.sessionEnded,
  CODE.unauthenticated,
  CODE.forbidden,
  CODE.banned,
]);

/** Close codes that stand for a refusal that we know. */
const REFUSALS: Readonly<Record<number, [code: number, name: string]>> = {
  3500: [CODE.badToken, "bad_token"],
  3505: [CODE.sessionEnded, "session_ended"],
};

/** The WebSocket close code, where there is one, as a refusal if it says not to come back as one was. */
function refusalOfClose(details: unknown): Refusal | null {
  const context = (details as { context?: { code?: unknown; reason?: unknown } } | undefined)?.context;
  const code = context?.code;
  if (typeof code !== "number" || code < 3500 || code > 3999) return null;
  const [number, name] = REFUSALS[code] ?? [code, "closed"];
  return new Refusal({ code: number, name, message: String(context?.reason ?? "") });
}
