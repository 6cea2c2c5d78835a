/**
 * What a browser keeps for us, where it keeps anything: with cookies blocked even looking at `localStorage` throws, some
 * in-app browsers have null there, and a full or private one refuses to write. Then the page works and forgets: what was
 * kept stays for as long as this page.
 */
export interface Store {
  get: (key: string) => string | null;
  set: (key: string, value: string) => void;
  remove: (key: string) => void;
  /** What was kept as JSON; null when there is nothing, or something else. */
  getJson: (key: string) => unknown;
  setJson: (key: string, value: unknown) => void;
}

export function storeOver(storage: () => Storage | null | undefined): Store {
  /** What the browser did not take; it stands before what the browser has. Null: removed. */
  const unkept = new Map<string, string | null>();

  function tried<T>(work: (kept: Storage) => T, otherwise: T): T {
    try {
      const kept = storage();
      return kept ? work(kept) : otherwise;
    } catch {
      return otherwise;
    }
  }

  function put(key: string, value: string | null): void {
    const taken = tried((kept) => {
      if (value === null) kept.removeItem(key);
      else kept.setItem(key, value);
      return true;
    }, false);
    if (taken) unkept.delete(key);
    else unkept.set(key, value);
  }

  function get(key: string): string | null {
    const own = unkept.get(key);
    return own !== undefined ? own : tried((kept) => kept.getItem(key), null);
  }

  return {
    get,
    set: put,
    remove: (key) => put(key, null),
    getJson(key) {
      try {
        return JSON.parse(get(key) ?? "null");
      } catch {
        return null;
      }
    },
    setJson: (key, value) => put(key, JSON.stringify(value)),
  };
}

/** For this browser. */
export const lasting = storeOver(() => window.localStorage);
/** For this visit: this tab. */
export const visit = storeOver(() => window.sessionStorage);
