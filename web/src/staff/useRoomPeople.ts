/** Who has written in the room lately, the latest first: people whom whoever runs it can name. */
import { computed, type ComputedRef } from "vue";
import { usePersonName } from "@shared/person-name";
import { useStaffRoom } from "./commands";

export interface RoomPerson {
  id: string;
  name: string;
}

const PEOPLE_MAX = 50;
/** Who has no account can have no coupon. */
const isSomebody = (role: string): boolean => role !== "guest";

export function useRoomPeople(): ComputedRef<readonly RoomPerson[]> {
  const { staff } = useStaffRoom();
  const personName = usePersonName();
  return computed(() => {
    const asked = staff.questions.value.map(({ user, name }) => ({ id: user, name: personName(name, user) }));
    const wrote = staff.room.chats.value
      .filter(({ role }) => isSomebody(role))
      .map(({ user, name }) => ({ id: user, name: personName(name, user) }))
      .reverse();
    return [...new Map([...wrote, ...asked].map((one) => [one.id, one])).values()].slice(0, PEOPLE_MAX);
  });
}
