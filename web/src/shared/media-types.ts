/** What the media calls take and give, as in media/bodies.py: cameras, the cut, recordings, clips, highlights. */

export type CameraKind = "whip" | "rtsp" | "file" | "test";
export type CameraState = "off" | "connecting" | "live" | "lost";
export type HighlightReason = "likes" | "chat" | "orders" | "pin" | "quiz" | "coupon";

export interface CameraRequest {
  name: string;
  kind: CameraKind;
  url?: string | null;
}

/** `loss`: share of packets, 0 to 1, before what was sent again. */
export interface Health {
  bitrate_bps: number;
  fps: number;
  width: number;
  height: number;
  loss: number;
  jitter_ms: number;
  rtt_ms: number | null;
  keyframe_age_ms: number | null;
  audio: boolean;
  since_ts: number;
}

export interface Camera {
  id: string;
  name: string;
  kind: CameraKind;
  url: string | null;
  state: CameraState;
  on_air: boolean;
  thumbnail: string;
  health: Health | null;
}

/** `on_air`: which one viewers see (null: the slate, or nothing); `wanted`: named by the last cut. */
export interface CameraList {
  cameras: Camera[];
  on_air: string | null;
  wanted: string | null;
}

/** `token` is shown this once. */
export interface CameraMade {
  camera: Camera;
  whip: string | null;
  token: string | null;
}

/** `at_ts`: the moment of the program where the new picture begins. */
export interface Cut {
  camera: string | null;
  at_ts: number;
}

export interface Clip {
  id: string;
  recording: string;
  title: string;
  from_ts: number;
  to_ts: number;
  hls: string;
  file: string;
  poster: string | null;
}

/** `ended_ts` null: it goes on. */
export interface Recording {
  id: string;
  room: string;
  title: string;
  started_ts: number;
  ended_ts: number | null;
  duration_ms: number;
  bytes: number;
  hls: string;
  poster: string | null;
  clips: Clip[];
}

export interface RecordingList {
  recordings: Recording[];
}

export interface ClipRequest {
  title: string;
  from_ts: number;
  to_ts: number;
}

/** `score`: times the usual; `reasons`: which of the room's signals rose. */
export interface Highlight {
  from_ts: number;
  to_ts: number;
  score: number;
  reasons: HighlightReason[];
}

export interface HighlightList {
  highlights: Highlight[];
}
