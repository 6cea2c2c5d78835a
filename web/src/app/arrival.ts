/**
 * What an address brought that is no part of it, and does not stay in it: why signing in at another site was refused
 * (`?sign_in_refused=1172`), and an invitation (`#invitation=CODE`), which is a secret.
 *
 * An invitation is kept for this visit until it is accepted or laid aside: signing in may lead to another site and back.
 */
import { defineStore } from "pinia";
import { getCurrentScope, onScopeDispose, shallowReadonly, shallowRef, type ShallowRef } from "vue";
import { Refusal } from "@shared/refusal";
import { visit } from "@shared/store";

const REFUSED = "sign_in_refused";
const INVITATION = "invitation";
const KEPT_AS = "livehub.invitation";
/** As the server makes them; whatever else stands there is none. */
const CODE = /^[\w-]{16,1024}$/;
/** An invitation to a room is no longer than this (InvitationCode); one that signs in always is. */
const ROOM_CODE_MAX = 64;

export interface Arrival {
  /** Why the last try to sign in at another site came to nothing. */
  refused: ShallowRef<Refusal | null>;
  invitation: Readonly<ShallowRef<string | null>>;
  /** The invitation is used, or not wanted. */
  layAside: () => void;
}

/** Whether an invitation is to a room; else it signs in as whom it was made for. */
export function isToRoom(code: string): boolean {
  return code.length <= ROOM_CODE_MAX;
}

export const useArrival = defineStore("arrival", createArrival);

/** Made before the router, which must not learn of it. Within an effect scope. */
export function createArrival(): Arrival {
  const refused = shallowRef<Refusal | null>(null);
  const kept = visit.get(KEPT_AS);
  const invitation = shallowRef(kept !== null && CODE.test(kept) ? kept : null);

  function look(): void {
    // WeChat takes its address with this fragment alone, and browsers carry it along to where they are sent back to.
    if (location.hash === "#wechat_redirect")
      history.replaceState(history.state, "", location.pathname + location.search);
    const query = new URLSearchParams(location.search);
    const fragment = new URLSearchParams(location.hash.slice(1));
    const why = query.get(REFUSED);
    const code = fragment.get(INVITATION);
    if (why === null && code === null) return;
    query.delete(REFUSED);
    fragment.delete(INVITATION);
    const rest = (mark: string, left: URLSearchParams): string => (left.size > 0 ? `${mark}${left.toString()}` : "");
    const hash = code === null ? location.hash : rest("#", fragment);
    const search = why === null ? location.search : rest("?", query);
    history.replaceState(history.state, "", location.pathname + search + hash);
    if (why !== null && /^\d{1,5}$/.test(why))
      refused.value = new Refusal({ code: Number(why), name: "sign_in_refused", message: "" });
    if (code !== null && CODE.test(code)) {
      invitation.value = code;
      visit.set(KEPT_AS, code);
    }
  }

  look();
  // A link that is opened in a tab with this page already changes nothing but the fragment.
  const events = ["popstate", "hashchange"];
  for (const event of events) addEventListener(event, look);
  if (getCurrentScope())
    onScopeDispose(() => {
      for (const event of events) removeEventListener(event, look);
    });

  return {
    refused,
    invitation: shallowReadonly(invitation),
    layAside() {
      invitation.value = null;
      visit.remove(KEPT_AS);
    },
  };
}
