/** What a `staff` event carries. Its data is open on the wire, so each kind is looked at before it is believed. Pure. */
import type { CameraList, Figures, HeldLine, OrderFigures, QuestionRow } from "@shared/api-types";

type Data = Record<string, unknown>;

const FIGURES: readonly (keyof Figures)[] = [
  "viewers",
  "viewers_peak",
  "viewers_unique",
  "likes",
  "chats",
  "chats_per_s",
  "likes_per_s",
  "questions_open",
  "held",
];

export function figuresOf(data: Data): Figures | null {
  return FIGURES.every((name) => typeof data[name] === "number") ? (data as unknown as Figures) : null;
}

export function orderFiguresOf(data: Data): OrderFigures | null {
  const told = ["orders", "paid", "buyers", "people"].every((name) => typeof data[name] === "number");
  const gmv: unknown = data.gmv;
  if (!told || !Array.isArray(gmv)) return null;
  const sums = gmv.every(
    (row: { currency?: unknown; amount_minor?: unknown } | null) =>
      typeof row?.currency === "string" && typeof row.amount_minor === "number",
  );
  return sums ? (data as unknown as OrderFigures) : null;
}

export function questionOf(data: Data): QuestionRow | null {
  const told = ["id", "user", "name", "text", "asked_at"].every((name) => typeof data[name] === "string");
  if (!told || !["open", "answered", "dismissed"].includes(String(data.status))) return null;
  return { answer: "", ...data } as unknown as QuestionRow;
}

export function heldOf(data: Data): HeldLine | null {
  const line = data.line as Partial<HeldLine["line"]> | null | undefined;
  const told = typeof data.id === "string" && typeof data.held_at === "string" && typeof data.reports === "number";
  if (!told || typeof line !== "object" || line === null) return null;
  if (typeof line.id !== "string" || typeof line.text !== "string" || typeof line.user !== "string") return null;
  return data.reason === "word" || data.reason === "report" ? (data as unknown as HeldLine) : null;
}

/** How many of each coupon are claimed, by its id. */
export function claimedOf(data: Data): Record<string, number> | null {
  const rows: unknown = data.coupons;
  if (!Array.isArray(rows)) return null;
  const told = rows.filter(
    (row: { id?: unknown; claimed?: unknown } | null) => typeof row?.id === "string" && typeof row.claimed === "number",
  );
  return Object.fromEntries((told as { id: string; claimed: number }[]).map(({ id, claimed }) => [id, claimed]));
}

export function camerasOf(data: Data): CameraList | null {
  const rows: unknown = data.cameras;
  if (!Array.isArray(rows)) return null;
  const told = rows.every(
    (row: Partial<Record<keyof CameraList["cameras"][number], unknown>> | null) =>
      typeof row?.id === "string" && typeof row.name === "string" && typeof row.state === "string",
  );
  return told
    ? ({
        on_air: null,
        wanted: null,
        next: null,
        next_in_ms: null,
        failed: null,
        program: "none",
        ...data,
      } as unknown as CameraList)
    : null;
}
