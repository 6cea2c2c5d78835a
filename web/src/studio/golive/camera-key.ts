/**
 * This device's own camera in a room: where it publishes to, and its token. Kept for the visit, in this tab, so that a reload goes
 * on; who comes again later is given the same camera with another token (CameraRequest.reuse).
 */
import { visit } from "@shared/store";

export interface CameraKey {
  camera: string;
  whip: string;
  token: string;
}

const store = (room: string): string => `livehub.camera.${room}`;

export function storedKey(room: string): CameraKey | null {
  const kept = visit.getJson(store(room)) as Partial<CameraKey> | null;
  if (typeof kept?.camera !== "string" || typeof kept.whip !== "string" || typeof kept.token !== "string") return null;
  return { camera: kept.camera, whip: kept.whip, token: kept.token };
}

export function storeKey(room: string, key: CameraKey | null): void {
  if (key) visit.setJson(store(room), key);
  else visit.remove(store(room));
}
