/** The way to the cart from a page that is no room: it lies over one, from which it can be ordered. */
import { useRouter } from "vue-router";
import { call } from "@shared/api";
import { closeOverlays } from "@shared/overlays/overlays";
import { serverNow } from "@shared/server-time";
import { nextShow } from "../orders/next-show";
import { roomPath } from "../pages";
import { watched } from "../room/watched";

/** `wished`: the room where it was bought. False: there is no room, or its page could not be had. */
export function useToCart(): (wished: string | null) => Promise<boolean> {
  const router = useRouter();
  return async (wished) => {
    const room = watched.value?.live.id ?? (await roomFor(wished));
    if (room === null) return false;
    await closeOverlays();
    return await router.push({ path: roomPath(room), query: { open: "cart" } }).then(
      () => true,
      () => false,
    );
  };
}

/** The one that is on sells what is fresh now; else where it was bought, if that is still there. */
async function roomFor(wished: string | null): Promise<string | null> {
  const rooms = (await call("GET /api/rooms", { anonymous: true }).catch(() => null))?.rooms ?? [];
  const live = nextShow(
    rooms.filter(({ show }) => show.status === "live"),
    serverNow(),
  );
  return (live ?? rooms.find(({ id }) => id === wished) ?? nextShow(rooms, serverNow()) ?? rooms[0])?.id ?? null;
}
