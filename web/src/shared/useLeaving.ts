/** Calls that nobody waits for any more once this page, or this part of it, is left. */
import { onScopeDispose } from "vue";

/** Aborted with the scope that this is called in. */
export function useLeaving(): AbortSignal {
  const leaving = new AbortController();
  onScopeDispose(() => leaving.abort());
  return leaving.signal;
}
