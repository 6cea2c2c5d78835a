/** Something of who is here that a page asks for: what it is once it is there, why not, and dropped as soon as somebody else is here. */
import type { ShallowRef } from "vue";
import { usePersonal } from "./personal";
import { useSession } from "./useSession";
import { asRefusal, type Refusal } from "@shared/refusal";
import { askUntilHad } from "@shared/until-had";

export interface Asked<Answer> {
  /** Null until it is there; what was there stays while it is asked for again. */
  value: ShallowRef<Answer | null>;
  refusal: ShallowRef<Refusal | null>;
  reload: () => Promise<void>;
}

/** Within an effect scope. Asks at once if somebody is signed in, again for each who signs in, and until it was answered once. */
export function useAsked<Answer>(ask: () => Promise<Answer>): Asked<Answer> {
  const session = useSession();
  const personal = usePersonal();
  const value = personal.keep<Answer | null>(() => null);
  const refusal = personal.keep<Refusal | null>(() => null);

  async function load(): Promise<void> {
    const isMine = personal.asking();
    try {
      const answer = await ask();
      if (!isMine()) return;
      value.value = answer;
      refusal.value = null;
    } catch (thrown) {
      if (isMine()) refusal.value = asRefusal(thrown);
    }
  }

  async function reload(): Promise<void> {
    refusal.value = null;
    await load();
  }

  personal.onChange(() => void (session.isSignedIn && reload()));
  if (session.isSignedIn) void reload();
  // Meanwhile it stands there why, and how to ask at once.
  askUntilHad(() => (value.value === null ? refusal.value : null), load);
  return { value, refusal, reload };
}
