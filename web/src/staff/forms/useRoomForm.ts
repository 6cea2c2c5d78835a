/** The form of a new room. Begins anew with each opening. */
import { shallowRef, watch, type Ref } from "vue";
import { useForm } from "@kit/forms/useForm";
import { call } from "@shared/api";
import { language } from "@shared/i18n";
import type { Actions } from "../actions";
import { useShopZone } from "@shared/shop-zone";
import { ROOM_NAMES } from "./names";
import { checkRoom, emptyRoomForm } from "./room";

export function useRoomForm(open: Ref<boolean>, actions: Actions, made: (room: string) => void) {
  const zone = useShopZone();
  const isUploading = shallowRef(false);
  const { begin, ...work } = useForm({
    empty: emptyRoomForm,
    check: (form) => checkRoom(form, language.value, Date.now(), zone.value),
    names: ROOM_NAMES,
    send: (body) => actions.run("room", body, (key) => call("POST /api/rooms", { body, key })),
    sent({ room }) {
      open.value = false;
      made(room.view.id);
    },
  });
  watch(open, (now) => now && begin());

  return { ...work, isUploading, zone };
}
