/** What is not as it should be about the log and its anchors, the worst first. Pure. Ages are seconds. */
import type { AnchorHealth, LogHealth } from "@shared/api-types";
import type { Tone } from "../selling/tones";

export type TroubleKind =
  | "off"
  | "stuck"
  | "unwitnessed"
  | "witness"
  | "noAnchor"
  | "unlooked"
  | "failing"
  | "stale"
  | "slow"
  | "takenBack"
  | "development";

export interface Trouble {
  kind: TroubleKind;
  tone: "warn" | "bad";
  /** Whose it is: an anchor, a witness. */
  of: string | null;
  reason: string | null;
}

/** Whoever leads says how an anchor is each minute at the latest, and within a pause after a failure. */
const UNLOOKED_S = 600;
/** Blocks come each some seconds; what waits for longer offers too little, or the node has lost it. */
const SLOW_S = 1_800;
/** An anchor may miss its turn once. */
const TURNS = 2;
const LEEWAY_S = 60;

const ageS = (at: string, asOf: string): number => (Date.parse(asOf) - Date.parse(at)) / 1_000;

/** `before`: the look before this one; what waits at both of them, while nothing was published, is stuck. */
export function troublesOf(now: LogHealth, before: LogHealth | null): Trouble[] {
  const found: Trouble[] = [];
  const add = (
    kind: TroubleKind,
    tone: Trouble["tone"],
    of: string | null = null,
    reason: string | null = null,
  ): void => void found.push({ kind, tone, of, reason });
  if (!now.is_published && now.size === 0) add("off", "warn");
  if (before && before.waiting > 0 && now.waiting > 0 && before.size === now.size && before.as_of !== now.as_of)
    add("stuck", "bad");
  const missing = now.size > 0 ? now.witnesses.filter(({ cosigned_at }) => cosigned_at === null) : [];
  const isTooFew = now.witnesses.length - missing.length < now.witnesses_min;
  for (const { name } of missing) add(isTooFew ? "unwitnessed" : "witness", isTooFew ? "bad" : "warn", name);
  if (now.anchors.length === 0) add("noAnchor", "warn");
  for (const anchor of now.anchors) anchorTroubles(anchor, now, add);
  return found.sort((a, b) => Number(b.tone === "bad") - Number(a.tone === "bad"));
}

function anchorTroubles(
  anchor: AnchorHealth,
  { as_of, anchor_every_s }: LogHealth,
  add: (kind: TroubleKind, tone: Trouble["tone"], of: string, reason?: string | null) => void,
): void {
  const name = anchor.anchor;
  if (anchor.failing_since !== null) add("failing", "bad", name, anchor.reason);
  else if (anchor.looked_at === null || ageS(anchor.looked_at, as_of) > UNLOOKED_S) add("unlooked", "bad", name);
  if (anchor.age_s !== null && (anchor.behind ?? 0) > 0 && anchor.age_s > TURNS * anchor_every_s + LEEWAY_S)
    add("stale", "bad", name);
  const waits = anchor.under_way;
  // A calendar of Bitcoin takes hours, and nobody can hurry it.
  if (waits && anchor.kind === "evm" && ageS(waits.begun_at, as_of) > SLOW_S) add("slow", "warn", name);
  if ((waits?.fallbacks ?? 0) > 0) add("takenBack", "warn", name);
  if (anchor.is_development) add("development", "warn", name);
}

export function healthTone(troubles: readonly Trouble[]): Tone {
  if (troubles.some(({ tone }) => tone === "bad")) return "bad";
  return troubles.length > 0 ? "warn" : "good";
}

/** A length of time in the two words that tell it: 3 h, 12 min. */
export function lengthOf(seconds: number): { unit: "seconds" | "minutes" | "hours" | "days"; n: number } {
  if (seconds < 90) return { unit: "seconds", n: Math.round(seconds) };
  if (seconds < 90 * 60) return { unit: "minutes", n: Math.round(seconds / 60) };
  if (seconds < 48 * 3_600) return { unit: "hours", n: Math.round(seconds / 3_600) };
  return { unit: "days", n: Math.round(seconds / 86_400) };
}
