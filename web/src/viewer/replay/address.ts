/**
 * What an address asks for: `?clip=ID` a clip, `?recording=ID` an older show, `?t=SECONDS` a moment of it. Anybody can write an
 * address, so what is not of the expected form is not there. Pure.
 */
export interface Asked {
  clip: string | null;
  recording: string | null;
  /** Seconds from the beginning. */
  atS: number | null;
  /** The chapter that somebody has pressed in the room; of no address. */
  mark?: string | null;
}

const ID = /^[A-Za-z0-9_-]{1,64}$/;
/** Up to eleven days: longer than any recording, and still a number that a player takes. */
const SECONDS = /^\d{1,6}$/;

export function parseAsked(search: string): Asked {
  const query = new URLSearchParams(search);
  const seconds = query.get("t") ?? "";
  return {
    clip: idOf(query.get("clip")),
    recording: idOf(query.get("recording")),
    atS: SECONDS.test(seconds) ? Number(seconds) : null,
  };
}

/** The address asks for something recorded, whatever goes on in the room now. */
export function asksAtAll({ clip, recording }: Asked): boolean {
  return clip !== null || recording !== null;
}

/** The query for an address, with its question mark; empty when nothing is asked for. */
export function queryOf({ clip, recording, atS }: Partial<Asked>): string {
  const query = new URLSearchParams();
  if (clip) query.set("clip", clip);
  else if (recording) query.set("recording", recording);
  if (atS && atS >= 1) query.set("t", String(Math.floor(atS)));
  const text = query.toString();
  return text ? `?${text}` : "";
}

function idOf(text: string | null): string | null {
  return text !== null && ID.test(text) ? text : null;
}
