/**
 * The one socket of an app: who is signed in hears of what is theirs on whatever page they are, and rooms come and go on it. A guest
 * has one for as long as they are in a room.
 */
import { defineStore } from "pinia";
import { computed, onScopeDispose, shallowRef, watch } from "vue";
import { connect, type LiveSocket } from "@shared/socket";
import { useSession } from "./useSession";

/** Who leaves a room often goes to the next one, and need not connect for that. */
const LINGER_MS = 30_000;

export interface AppSocket {
  socket: LiveSocket;
  /** Somebody wants it, also where nobody is signed in; until what this returns is called. */
  hold: () => () => void;
}

export const useSocket = defineStore("socket", () => createAppSocket(useSession()));

/** What the socket needs of the session. */
export type SocketSession = Pick<
  ReturnType<typeof useSession>,
  "guests" | "token" | "person" | "isSignedIn" | "trouble" | "access"
>;

/** Within an effect scope. */
export function createAppSocket(session: SocketSession): AppSocket {
  const holds = shallowRef(0);
  const isWanted = computed(() => session.isSignedIn || (session.guests && holds.value > 0));
  const who = (): string | null => session.person?.id ?? null;
  let isOpen = false;
  /** Whom the connection speaks for; undefined: nobody has been named on it yet. */
  let as: string | null | undefined;

  const socket = connect({
    async token() {
      const token = await session.access.token();
      as = who();
      return token;
    },
    async renew(refused, why) {
      if (refused !== null) await session.access.renew(refused, why);
      if (session.token === refused && session.trouble) throw session.trouble;
      return session.token !== refused && (session.token !== null || session.guests);
    },
  });

  function follow(): void {
    if (!isWanted.value) {
      if (isOpen) socket.pause();
      isOpen = false;
      as = undefined;
    } else if (!isOpen) {
      isOpen = true;
      socket.open();
    } else if (as !== undefined && as !== who()) {
      as = undefined;
      socket.reconnect();
    }
  }

  // At once: nothing more is said or heard as who was here before.
  watch([isWanted, who], follow, { immediate: true, flush: "sync" });
  watch(
    () => session.token,
    (token) => {
      if (token !== null && isOpen && as === who()) socket.renewed(token);
    },
    { flush: "sync" },
  );
  onScopeDispose(() => socket.close());

  return {
    socket,
    hold() {
      let isHeld = true;
      holds.value++;
      return () => {
        if (isHeld) setTimeout(() => holds.value--, LINGER_MS);
        isHeld = false;
      };
    },
  };
}
