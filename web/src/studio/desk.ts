/**
 * The desk of a room: the room as staff see it, and this device's camera in it. It belongs to no page: what is sent goes on
 * while the host walks about the studio, or has to sign in again.
 */
import { computed, effectScope, onScopeDispose, provide, shallowRef } from "vue";
import { ROOM_COMMANDS, roomCommands, type RoomCommands } from "@staff/commands";
import { createStaffRoom, STAFF_ROOM, type StaffRoom } from "@staff/staff-room";
import { createGoLive, GO_LIVE, type GoLive } from "./golive/go-live";
import { useStudio, type Studio } from "./studio";

export interface Desk {
  room: string;
  staff: StaffRoom;
  commands: RoomCommands;
  live: GoLive;
  end: () => void;
}

export const desk = shallowRef<Desk | null>(null);

/** Something goes out from here, or the show is on: not to be left by accident. */
export const isOnAir = computed(() => {
  const status = desk.value?.staff.room.view.value?.show.status;
  return isSending.value || status === "live" || status === "paused";
});

export const isSending = computed(() => desk.value?.live.sending.value ?? false);

export function endDesk(): void {
  desk.value?.end();
  desk.value = null;
}

/** In a page: the desk of its room, for as long as the page stands, and after that for as long as it sends. */
export function enterDesk(room: string): Desk {
  const studio = useStudio();
  if (desk.value?.room !== room) endDesk();
  const here = (desk.value ??= begin(room, studio));
  provide(STAFF_ROOM, here.staff);
  provide(ROOM_COMMANDS, here.commands);
  provide(GO_LIVE, here.live);
  onScopeDispose(() => {
    if (desk.value !== here || here.live.sending.value) return;
    endDesk();
  });
  return here;
}

function begin(room: string, { socket, staff: { session }, actions }: Studio): Desk {
  const scope = effectScope(true);
  return scope.run((): Desk => {
    const staff = createStaffRoom(socket, room, () => session.person?.id ?? null);
    const commands = roomCommands(staff, actions);
    return {
      room,
      staff,
      commands,
      live: createGoLive(room, commands, staff, () => session.person?.name ?? ""),
      end() {
        scope.stop();
        staff.leave();
      },
    };
  }) as Desk;
}
