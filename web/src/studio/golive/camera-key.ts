/** This device's own camera in a room: where it publishes to, and its token. Kept in this browser, which is the only place that has it. */
import { lasting } from "@shared/store";

export interface CameraKey {
  camera: string;
  whip: string;
  token: string;
}

const store = (room: string): string => `livehub.camera.${room}`;

export function storedKey(room: string): CameraKey | null {
  const kept = lasting.getJson(store(room)) as Partial<CameraKey> | null;
  if (typeof kept?.camera !== "string" || typeof kept.whip !== "string" || typeof kept.token !== "string") return null;
  return { camera: kept.camera, whip: kept.whip, token: kept.token };
}

export function storeKey(room: string, key: CameraKey | null): void {
  if (key) lasting.setJson(store(room), key);
  else lasting.remove(store(room));
}
