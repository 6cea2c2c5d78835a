/** A camera's figures as short texts, in the reader's language. */
import { useFormatters } from "@shared/formats";
import type { Health } from "@shared/api-types";

export interface FigureText {
  key: "bitrate" | "fps" | "size" | "loss" | "jitter" | "rtt" | "keyframe";
  text: string;
}

export function useCameraFigures(): (health: Health) => FigureText[] {
  const { bitRate, number } = useFormatters();
  return (health) => [
    { key: "bitrate", text: bitRate(health.bitrate_bps) },
    { key: "fps", text: `${number(health.fps, "whole")} fps` },
    { key: "size", text: `${health.width}×${health.height}` },
    { key: "loss", text: number(health.loss, "loss") },
    { key: "jitter", text: `${number(health.jitter_ms, "whole")} ms` },
    { key: "rtt", text: health.rtt_ms === null ? "–" : `${number(health.rtt_ms, "whole")} ms` },
    {
      key: "keyframe",
      text: health.keyframe_age_ms === null ? "–" : `${number(health.keyframe_age_ms / 1_000, "tenths")} s`,
    },
  ];
}
