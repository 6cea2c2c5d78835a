/** Which of our pictures stands in for a room without a poster: always the same for a room, and rarely the same for two. Pure. */
export const SCENES = ["hills", "orchard", "berries", "field"] as const;
export const PALETTES = 6;

export interface Placeholder {
  scene: (typeof SCENES)[number];
  /** In [0, PALETTES). */
  palette: number;
}

/** FNV-1a of the room's id: ids that are alike (room-1, room-2) come out apart. */
export function placeholderOf(room: string): Placeholder {
  let hash = 0x811c9dc5;
  for (const char of room) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  hash = (hash ^ (hash >>> 15)) >>> 0;
  return { scene: SCENES[hash % SCENES.length] ?? "hills", palette: Math.floor(hash / SCENES.length) % PALETTES };
}
