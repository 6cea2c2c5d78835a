/** POST /api/uploads by XMLHttpRequest, which tells how far it has come; fetch does not. */
import type { InjectionKey } from "vue";
import { refusalOf } from "@shared/api";
import type { Upload } from "@shared/api-types";
import { noAnswer, offline } from "@shared/refusal";

/** As long as the server gives a client to send a picture (LIVEHUB_UPLOADS_RECEIVE_S), and time to decode it. */
const TIMEOUT_MS = 90_000;

export interface Sending {
  /** Same key, same picture: a retry is the same upload. */
  key: string;
  /** From 0 to 1. */
  onProgress: (part: number) => void;
  signal: AbortSignal;
}

/** Sends a picture. Throws Refusal; what `signal` ends never settles in another way than by its reason. */
export type Uploader = (picture: Blob, sending: Sending) => Promise<Upload>;

/** Provided by each app, whose session it goes by. */
export const UPLOADER: InjectionKey<Uploader> = Symbol("uploader");

export function httpUploader(token: () => string | null): Uploader {
  return (picture, { key, onProgress, signal }) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const request = new XMLHttpRequest();
      const abort = (): void => request.abort();
      request.open("POST", "/api/uploads");
      request.timeout = TIMEOUT_MS;
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("Content-Type", picture.type || "application/octet-stream");
      request.setRequestHeader("Idempotency-Key", key);
      const mine = token();
      if (mine) request.setRequestHeader("Authorization", `Bearer ${mine}`);
      request.upload.onprogress = ({ loaded, total }) => {
        if (total > 0) onProgress(loaded / total);
      };
      request.onload = () => {
        if (request.status === 201) resolve(JSON.parse(request.responseText) as Upload);
        else refusalOf(new Response(request.responseText, { status: request.status })).then(reject, reject);
      };
      request.onerror = () => reject(offline());
      request.ontimeout = () => reject(noAnswer());
      request.onabort = () => reject(signal.reason as Error);
      request.onloadend = () => signal.removeEventListener("abort", abort);
      signal.addEventListener("abort", abort);
      request.send(picture);
    });
}
