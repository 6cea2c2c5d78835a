/** What is about to be bought in a room, and the way to its sheet. Its own small part: cards have it, the sheet comes later. */
import { requireSignIn } from "../people/sign-in";
import { useLiveRoom } from "../room/live-room";
import type { Purchase } from "./submission";

/** Opens the sheet for it; a guest signs in first, and then it goes on by itself. */
export function useBuy(): (purchase: Purchase) => Promise<void> {
  const { buying, sheet } = useLiveRoom();
  return async (purchase) => {
    if (!(await requireSignIn())) return;
    buying.value = purchase;
    sheet.value = "checkout";
  };
}
