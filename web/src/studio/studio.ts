/** What all pages of the studio share: who works here, the one socket, and calls to the server. */
import { inject, type InjectionKey, type ShallowRef } from "vue";
import type { Refusal } from "@shared/refusal";
import type { LiveSocket } from "@shared/socket";
import type { Actions } from "@staff/actions";
import type { HouseCalls } from "@staff/calls";
import type { StaffSession } from "@staff/staff-session";
import type { Rooms } from "@kit/useRooms";

export interface Studio {
  staff: StaffSession;
  /** There for as long as somebody may work here, or a desk is kept. */
  socket: Readonly<ShallowRef<LiveSocket | null>>;
  actions: Actions;
  house: HouseCalls;
  rooms: Rooms;
  onRefusal: (refusal: Refusal) => void;
  /** Asks first if the show or the picture is on. */
  signOut: () => Promise<void>;
}

export const STAFF_SESSION: InjectionKey<StaffSession> = Symbol("staff session");
export const STUDIO: InjectionKey<Studio> = Symbol("studio");

export function useStudio(): Studio {
  const found = inject(STUDIO);
  if (!found) throw new Error("This component belongs inside the studio.");
  return found;
}
