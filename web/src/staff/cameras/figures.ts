/** A camera's figures as short texts, in the reader's language. */
import { useI18n } from "vue-i18n";
import type { Health } from "@shared/api-types";

export interface FigureText {
  key: "bitrate" | "fps" | "size" | "loss" | "jitter" | "rtt" | "keyframe";
  text: string;
}

export function useCameraFigures(): (health: Health) => FigureText[] {
  const { n } = useI18n();
  const whole = (value: number): string => n(value, { maximumFractionDigits: 0 });
  const one = (value: number): string => n(value, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return (health) => [
    { key: "bitrate", text: `${one(health.bitrate_bps / 1e6)} Mbit/s` },
    { key: "fps", text: `${whole(health.fps)} fps` },
    { key: "size", text: `${health.width}×${health.height}` },
    { key: "loss", text: `${one(health.loss * 100)}%` },
    { key: "jitter", text: `${whole(health.jitter_ms)} ms` },
    { key: "rtt", text: health.rtt_ms === null ? "–" : `${whole(health.rtt_ms)} ms` },
    { key: "keyframe", text: health.keyframe_age_ms === null ? "–" : `${one(health.keyframe_age_ms / 1_000)} s` },
  ];
}
