/** What all pages of the console share: who works here, the one socket, and what is done. */
import { inject, type InjectionKey } from "vue";
import type { Refusal } from "@shared/refusal";
import type { LiveSocket } from "@shared/socket";
import type { Actions } from "@staff/actions";
import type { StaffSession } from "@staff/staff-session";
import type { Rooms } from "@kit/useRooms";

export interface Console {
  staff: StaffSession;
  socket: LiveSocket;
  rooms: Rooms;
  actions: Actions;
  onRefusal: (refusal: Refusal) => void;
}

export const CONSOLE: InjectionKey<Console> = Symbol("console");

export function useConsole(): Console {
  const found = inject(CONSOLE);
  if (!found) throw new Error("This component belongs inside the console.");
  return found;
}
