/** The room being looked at, in the address (/ops?room=demo), so that a reload or a shared link finds it again. */
import { onScopeDispose, ref, type Ref } from "vue";

function roomInAddress(): string | null {
  return new URLSearchParams(location.search).get("room");
}

export function useAddress(): { room: Readonly<Ref<string | null>>; goTo: (room: string) => void } {
  const room = ref(roomInAddress());
  const follow = (): void => void (room.value = roomInAddress());
  addEventListener("popstate", follow);
  onScopeDispose(() => removeEventListener("popstate", follow));
  return {
    room,
    goTo(next) {
      if (next === room.value) return;
      history.pushState(null, "", `/ops?room=${encodeURIComponent(next)}`);
      follow();
    },
  };
}
