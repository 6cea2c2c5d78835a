/**
 * One picture on its way to the server:
 *
 *     empty > preparing > sending > sent          remove: empty, from everywhere
 *                 |           |
 *                 +-> failed <+                   retry: sending again, the same picture with the same key
 */
import { onScopeDispose, readonly, shallowRef, type ShallowRef } from "vue";
import { newKey } from "@shared/api";
import type { Upload } from "@shared/api-types";
import { asRefusal, CODE, type Refusal } from "@shared/refusal";
import { PictureError, prepared, type PictureFault } from "./picture";
import type { Uploader } from "./sending";

export type UploadState =
  | { at: "empty" }
  | { at: "preparing" }
  | { at: "sending"; part: number }
  | { at: "sent"; upload: Upload }
  | { at: "failed"; fault: PictureFault | null; refusal: Refusal | null; mayRetry: boolean };

export interface UploadAtWork {
  state: Readonly<ShallowRef<UploadState>>;
  /** What is shown of it meanwhile: an address of this page. */
  preview: Readonly<ShallowRef<string | null>>;
  choose: (file: Blob) => Promise<void>;
  retry: () => Promise<void>;
  remove: () => void;
}

/** The picture is not to blame, so sending it again may help. */
function mayHelp({ code, status }: Refusal): boolean {
  return code === CODE.noAnswer || code === CODE.offline || code === CODE.tooFast || (status !== null && status >= 500);
}

/** `prepare`: what makes of a file what is sent; throws PictureError. */
export function useUpload(send: Uploader, prepare: (file: Blob) => Promise<Blob> = prepared): UploadAtWork {
  const state = shallowRef<UploadState>({ at: "empty" });
  const preview = shallowRef<string | null>(null);
  /** Of the picture that is there now; another one, or none, ends it. */
  let current = new AbortController();
  let ready: { picture: Blob; key: string } | null = null;

  function drop(): void {
    current.abort();
    current = new AbortController();
    ready = null;
    if (preview.value) URL.revokeObjectURL(preview.value);
    preview.value = null;
    state.value = { at: "empty" };
  }

  async function sendReady(): Promise<void> {
    if (!ready) return;
    const { signal } = current;
    const { picture, key } = ready;
    state.value = { at: "sending", part: 0 };
    try {
      const onProgress = (part: number): void => {
        if (!signal.aborted) state.value = { at: "sending", part };
      };
      const upload = await send(picture, { key, onProgress, signal });
      if (!signal.aborted) state.value = { at: "sent", upload };
    } catch (thrown) {
      if (signal.aborted) return;
      const refusal = asRefusal(thrown);
      state.value = { at: "failed", fault: null, refusal, mayRetry: mayHelp(refusal) };
    }
  }

  onScopeDispose(drop);

  return {
    state: readonly(state) as Readonly<ShallowRef<UploadState>>,
    preview: readonly(preview),
    async choose(file) {
      drop();
      const { signal } = current;
      state.value = { at: "preparing" };
      try {
        const picture = await prepare(file);
        if (signal.aborted) return;
        ready = { picture, key: newKey() };
        preview.value = URL.createObjectURL(picture);
      } catch (thrown) {
        if (signal.aborted) return;
        const fault = thrown instanceof PictureError ? thrown.fault : "unreadable";
        state.value = { at: "failed", fault, refusal: null, mayRetry: false };
        return;
      }
      await sendReady();
    },
    async retry() {
      if (state.value.at === "failed" && state.value.mayRetry) await sendReady();
    },
    remove: drop,
  };
}
