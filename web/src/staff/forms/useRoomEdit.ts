/**
 * The form of what a room says of itself: title, host, notice, poster; and until the show has begun, its announced start, in the
 * shop's time. Filled in with each opening.
 */
import { shallowRef, watch, type Ref } from "vue";
import { useForm } from "@kit/forms/useForm";
import type { Placed } from "@shared/api-types";
import { language } from "@shared/i18n";
import { useStaffRoom } from "../commands";
import { useShopZone } from "@shared/shop-zone";
import { ROOM_EDIT_NAMES } from "./names";
import { checkRoomEdit, roomEditForm, roomEditFormWithStart, type RoomEditForm } from "./room";

const EMPTY: RoomEditForm = { title: "", titleOther: "", hostName: "", notice: "", noticeOther: "", poster: "" };

export function useRoomEdit(open: Ref<boolean>, saved?: (placed: Placed) => unknown) {
  const { staff, commands } = useStaffRoom();
  const shopZone = useShopZone();
  const isUploading = shallowRef(false);
  const filled = shallowRef(EMPTY);
  /** In which the start was filled in, whatever becomes known of the shop while the form is open. */
  const zone = shallowRef("");
  const { begin, ...work } = useForm({
    empty: () => ({ ...EMPTY }),
    check(form) {
      const { view, serverNow } = staff.room;
      return view.value
        ? checkRoomEdit(form, filled.value, view.value.host.avatar, language.value, serverNow(), zone.value)
        : { body: {}, faults: null };
    },
    names: ROOM_EDIT_NAMES,
    send: (body) => commands.edit(body),
    sent(placed) {
      if (placed) saved?.(placed);
      open.value = false;
    },
  });
  watch(open, (now) => {
    const stored = staff.stored.value;
    if (!now || !stored) return;
    zone.value = shopZone.value;
    filled.value =
      staff.room.view.value?.show.status === "scheduled"
        ? roomEditFormWithStart(stored, language.value, zone.value)
        : { ...roomEditForm(stored, language.value), startsAt: undefined };
    begin(filled.value);
  });

  return { ...work, isUploading, zone };
}
