/** This device's own camera in a room: where it publishes to, and its token. Kept in this browser, which is the only place that has it. */
export interface CameraKey {
  camera: string;
  whip: string;
  token: string;
}

const store = (room: string): string => `livehub.camera.${room}`;

export function storedKey(room: string): CameraKey | null {
  try {
    const kept = JSON.parse(localStorage.getItem(store(room)) ?? "null") as Partial<CameraKey> | null;
    if (!kept || typeof kept.camera !== "string" || typeof kept.whip !== "string" || typeof kept.token !== "string") return null;
    return { camera: kept.camera, whip: kept.whip, token: kept.token };
  } catch {
    return null;
  }
}

export function storeKey(room: string, key: CameraKey | null): void {
  if (key) localStorage.setItem(store(room), JSON.stringify(key));
  else localStorage.removeItem(store(room));
}
