/** What can be watched again in a room: whole shows, newest first, and clips. Pure. */
import type { Clip, Recording, RecordingList } from "@shared/api-types";
import type { Asked } from "./address";

interface Playable {
  id: string;
  title: string;
  hls: string;
  poster: string | null;
  startedTs: number;
  durationS: number;
}

export interface ShowItem extends Playable {
  kind: "show";
  recording: Recording;
}

export interface ClipItem extends Playable {
  kind: "clip";
  /** The show that it was cut from, if that is there still. */
  show: ShowItem | null;
}

export type Item = ShowItem | ClipItem;

export interface Items {
  shows: ShowItem[];
  clips: ClipItem[];
}

/** Less is nothing to watch: the camera was tried, and taken away again. */
const WORTH_S = 1;

/** `going`: a recording that goes on, and is wanted all the same. */
export function itemsOf({ recordings, clips }: RecordingList, going: string | null = null): Items {
  const shows = recordings
    .filter(({ id, ended_ts, duration_ms }) => (ended_ts !== null || id === going) && duration_ms >= WORTH_S * 1_000)
    .map(showOf);
  const cut = recordings.flatMap((recording) =>
    recording.clips.map((clip) => clipOf(clip, shows.find(({ id }) => id === recording.id) ?? null)),
  );
  return { shows, clips: [...cut, ...clips.map((clip) => clipOf(clip, null))] };
}

/** The clips with those of one show before the others. */
export function clipsFor(show: ShowItem | null, clips: readonly ClipItem[]): ClipItem[] {
  return [...clips.filter((clip) => clip.show?.id === show?.id), ...clips.filter((clip) => clip.show?.id !== show?.id)];
}

/** What an address asks for, else the newest show, else a clip; and whether what was asked for is gone. */
export function chosenOf(
  { shows, clips }: Items,
  { clip, recording }: Pick<Asked, "clip" | "recording">,
): { item: Item | null; missing: boolean } {
  const asked = clip ?? recording;
  const found = clip ? clips.find(({ id }) => id === clip) : shows.find(({ id }) => id === recording);
  return { item: found ?? shows[0] ?? clips[0] ?? null, missing: asked !== null && !found };
}

/** Whether a recording of the last show is still to come: one goes on, or none is of this show, which ended only just now. */
export function isAwaited({ recordings }: RecordingList, liveTs: number | null, sinceEndMs: number): boolean {
  if (recordings.some(({ ended_ts }) => ended_ts === null)) return true;
  return (
    sinceEndMs < JUST_ENDED_MS &&
    !recordings.some(({ ended_ts }) => (ended_ts ?? 0) > (liveTs ?? Number.POSITIVE_INFINITY))
  );
}

/** Recordings are there a few seconds after the end of a show; where none is by then, none was made. */
const JUST_ENDED_MS = 60_000;

function showOf(recording: Recording): ShowItem {
  const { id, title, hls, poster, started_ts, duration_ms } = recording;
  return { kind: "show", id, title, hls, poster, startedTs: started_ts, durationS: duration_ms / 1_000, recording };
}

function clipOf(clip: Clip, show: ShowItem | null): ClipItem {
  const { id, title, hls, poster, from_ts, to_ts } = clip;
  return { kind: "clip", id, title, hls, poster, startedTs: from_ts, durationS: (to_ts - from_ts) / 1_000, show };
}
