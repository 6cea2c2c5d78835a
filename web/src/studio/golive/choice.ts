/** What a host chose to send, kept in this browser, and how a browser is asked for it. */
import { lasting } from "@shared/store";

export type Size = "540" | "720" | "1080";
export const SIZES: readonly Size[] = ["540", "720", "1080"];

export interface Choice {
  /** The way it looks, or a device's id. */
  camera: "front" | "back" | (string & {});
  /** A device's id; empty: the system's. */
  mic: string;
  size: Size;
  upright: boolean;
}

export type Problem = "insecure" | "denied" | "missing" | "taken" | "gone" | "other";

/** The short side, the long side, and what the encoder may use: 2.5 Mbit/s carry 720 lines at 30 frames. */
const SIDES: Record<Size, { short: number; long: number; bitrateBps: number }> = {
  "540": { short: 540, long: 960, bitrateBps: 1_400_000 },
  "720": { short: 720, long: 1280, bitrateBps: 2_500_000 },
  "1080": { short: 1080, long: 1920, bitrateBps: 4_500_000 },
};
const FPS = 30;
const STORE = "livehub.capture";
const DEFAULT: Choice = { camera: "back", mic: "", size: "720", upright: true };

export const bitrateOf = ({ size }: Choice): number => SIDES[size].bitrateBps;

/** `uprightPhone`: the device turns the picture by itself. */
export function constraintsOf({ camera, mic, size, upright }: Choice, uprightPhone: boolean): MediaStreamConstraints {
  const { short, long } = SIDES[size];
  const standing = upright && !uprightPhone;
  const which: MediaTrackConstraints =
    camera === "front" || camera === "back"
      ? { facingMode: { ideal: camera === "front" ? "user" : "environment" } }
      : { deviceId: { exact: camera } };
  return {
    video: {
      ...which,
      width: { ideal: standing ? short : long },
      height: { ideal: standing ? long : short },
      frameRate: { ideal: FPS, max: FPS },
    },
    audio: {
      ...(mic ? { deviceId: { exact: mic } } : {}),
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
    },
  };
}

/** Why a browser gave no picture. */
export function problemOf(thrown: unknown): Problem {
  const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  return name === "NotReadableError" || name === "AbortError" ? "taken" : "other";
}

export function storedChoice(): Choice {
  const kept = lasting.getJson(STORE) as Partial<Choice> | null;
  if (typeof kept?.camera !== "string" || typeof kept.mic !== "string") return DEFAULT;
  return {
    camera: kept.camera,
    mic: kept.mic,
    size: SIZES.find((size) => size === kept.size) ?? "720",
    upright: kept.upright !== false,
  };
}

export function storeChoice(choice: Choice): void {
  lasting.setJson(STORE, choice);
}
