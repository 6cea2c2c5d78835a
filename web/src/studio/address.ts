/** The room in the address: /studio or /studio/{room}; going back works as in any page. */
import { onScopeDispose, ref, type Ref } from "vue";

function roomInAddress(): string | null {
  const match = /^\/studio\/([a-z0-9][a-z0-9-]{0,47})\/?$/.exec(location.pathname);
  return match?.[1] ?? null;
}

export function useAddress(): { room: Readonly<Ref<string | null>>; goTo: (room: string | null) => void } {
  const room = ref(roomInAddress());
  const follow = (): void => void (room.value = roomInAddress());
  addEventListener("popstate", follow);
  onScopeDispose(() => removeEventListener("popstate", follow));
  return {
    room,
    goTo(next) {
      if (next === room.value) return;
      history.pushState(null, "", next ? `/studio/${next}` : "/studio");
      follow();
    },
  };
}
