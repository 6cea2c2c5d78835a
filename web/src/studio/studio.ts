/** What all pages of the studio share: who works here, the one socket, and what is done. */
import { inject, type InjectionKey } from "vue";
import type { Refusal } from "@shared/refusal";
import type { LiveSocket } from "@shared/socket";
import type { Actions } from "@staff/actions";
import type { StaffSession } from "@staff/staff-session";
import type { Rooms } from "@kit/useRooms";

export interface Studio {
  staff: StaffSession;
  socket: LiveSocket;
  actions: Actions;
  rooms: Rooms;
  onRefusal: (refusal: Refusal) => void;
  /** Asks first if the show or the picture is on. */
  signOut: () => Promise<void>;
}

export const STUDIO: InjectionKey<Studio> = Symbol("studio");

export function useStudio(): Studio {
  const found = inject(STUDIO);
  if (!found) throw new Error("This component belongs inside the studio.");
  return found;
}
