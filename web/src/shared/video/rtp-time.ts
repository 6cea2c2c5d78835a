/**
 * The moment of the program that a picture by WebRTC shows, from its RTP timestamp. Pure.
 *
 * The server puts the program's time on the wire: 90,000 ticks a second since the Unix epoch (RFC 6184, 5.1), of which an RTP
 * timestamp keeps the low 32 bits (RFC 3550, 5.1). They come round every thirteen hours and a quarter, so it is the moment
 * nearest to now.
 */
const TICKS_PER_MS = 90;
const ROUND_MS = 2 ** 32 / TICKS_PER_MS;
/** What WebRTC shows is never so old; the timestamp is somebody else's then, who made the packets anew on the way. */
const BEHIND_MS_MAX = 30_000;
/** Our idea of the server's clock is as good as the round trip that brought it. */
const AHEAD_MS_MAX = 2_000;

/** Unix ms, or null where `timestamp` is none of this server's. `nowTs`: the server's clock, ms. */
export function pictureTsOf(timestamp: unknown, nowTs: number): number | null {
  if (typeof timestamp !== "number" || !Number.isInteger(timestamp) || timestamp < 0 || timestamp >= 2 ** 32)
    return null;
  const rounds = Math.round((nowTs - timestamp / TICKS_PER_MS) / ROUND_MS);
  const ts = timestamp / TICKS_PER_MS + rounds * ROUND_MS;
  const behindMs = nowTs - ts;
  return behindMs <= BEHIND_MS_MAX && behindMs >= -AHEAD_MS_MAX ? ts : null;
}
