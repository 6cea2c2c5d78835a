/** What all pages of the console share: who works here, the one socket, and calls to the server. */
import { inject, type InjectionKey, type ShallowRef } from "vue";
import type { Refusal } from "@shared/refusal";
import type { LiveSocket } from "@shared/socket";
import type { Actions } from "@staff/actions";
import type { HouseCalls } from "@staff/calls";
import type { StaffSession } from "@staff/staff-session";
import type { Rooms } from "@kit/useRooms";

interface Shared {
  staff: StaffSession;
  /** There while somebody may work here. */
  socket: Readonly<ShallowRef<LiveSocket | null>>;
  rooms: Rooms;
  house: HouseCalls;
  actions: Actions;
  onRefusal: (refusal: Refusal) => void;
}

export type Console = Omit<Shared, "socket"> & { socket: LiveSocket };

export const STAFF_SESSION: InjectionKey<StaffSession> = Symbol("staff session");
export const CONSOLE: InjectionKey<Shared> = Symbol("console");

/** In a page, which is shown only once there is a socket. */
export function useConsole(): Console {
  const found = inject(CONSOLE);
  if (!found?.socket.value) throw new Error("This component belongs inside the console.");
  return { ...found, socket: found.socket.value };
}
