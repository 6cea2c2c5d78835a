/** Slow modes to choose from, in seconds; 0 is off. The server takes up to 600. */
export const SLOW_MODES_S = [0, 3, 5, 10, 30, 60] as const;
