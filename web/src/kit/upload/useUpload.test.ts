// One picture on its way: a retry is the same upload, another picture is another, and what was removed never comes back.
import { effectScope } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Upload } from "@shared/api-types";
import { noAnswer, Refusal } from "@shared/refusal";
import { PictureError } from "./picture";
import type { Sending } from "./sending";
import { useUpload, type UploadAtWork } from "./useUpload";

const UPLOAD = { id: "0123456789abcdefgh" } as Upload;
const FILE = new Blob(["file"]);
const PICTURE = new Blob(["picture"]);

interface Sent extends Sending {
  picture: Blob;
  end: (upload: Upload) => void;
  fail: (thrown: unknown) => void;
}

let sent: Sent[];
let upload: UploadAtWork;
const scope = effectScope();

function begin(prepare: (file: Blob) => Promise<Blob> = () => Promise.resolve(PICTURE)): void {
  const send = (picture: Blob, sending: Sending): Promise<Upload> =>
    new Promise((end, fail) => sent.push({ ...sending, picture, end, fail }));
  upload = scope.run(() => useUpload(send, prepare)) as UploadAtWork;
}

async function until(at: string): Promise<void> {
  await vi.waitFor(() => expect(upload.state.value.at).toBe(at));
}

beforeEach(() => {
  sent = [];
  let made = 0;
  vi.stubGlobal("URL", { createObjectURL: () => `blob:${made++}`, revokeObjectURL: () => undefined });
});
afterEach(() => vi.unstubAllGlobals());

describe("an upload", () => {
  it("is prepared, sent, and told how far it has come", async () => {
    begin();
    const choosing = upload.choose(FILE);
    expect(upload.state.value.at).toBe("preparing");
    await until("sending");
    expect(sent[0]?.picture).toBe(PICTURE);
    expect(upload.preview.value).toBe("blob:0");
    sent[0]?.onProgress(0.5);
    expect(upload.state.value).toEqual({ at: "sending", part: 0.5 });
    sent[0]?.end(UPLOAD);
    await choosing;
    expect(upload.state.value).toEqual({ at: "sent", upload: UPLOAD });
  });

  it("that got no answer is sent again with the same key", async () => {
    begin();
    void upload.choose(FILE);
    await until("sending");
    sent[0]?.fail(noAnswer());
    await until("failed");
    expect(upload.state.value).toMatchObject({ mayRetry: true });
    void upload.retry();
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    expect(sent[1]?.key).toBe(sent[0]?.key);
    expect(sent[1]?.picture).toBe(PICTURE);
  });

  it("that the server will not have is not sent again", async () => {
    begin();
    void upload.choose(FILE);
    await until("sending");
    sent[0]?.fail(new Refusal({ code: 1303, name: "damaged_picture", message: "" }, 422));
    await until("failed");
    expect(upload.state.value).toMatchObject({ mayRetry: false });
    await upload.retry();
    expect(sent).toHaveLength(1);
  });

  it("says what is wrong with a file that is no picture here", async () => {
    begin(() => Promise.reject(new PictureError("heic")));
    await upload.choose(FILE);
    expect(upload.state.value).toEqual({ at: "failed", fault: "heic", refusal: null, mayRetry: false });
    expect(sent).toEqual([]);
  });

  it("of another picture has another key, and ends the one before", async () => {
    begin();
    void upload.choose(FILE);
    await until("sending");
    void upload.choose(FILE);
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    expect(sent[0]?.signal.aborted).toBe(true);
    expect(sent[1]?.key).not.toBe(sent[0]?.key);
    sent[0]?.end(UPLOAD);
    sent[0]?.onProgress(1);
    expect(upload.state.value).toEqual({ at: "sending", part: 0 });
  });

  it("that was removed is ended, and its answer is nobody's", async () => {
    begin();
    void upload.choose(FILE);
    await until("sending");
    upload.remove();
    sent[0]?.fail(new DOMException("", "AbortError"));
    await Promise.resolve();
    expect(sent[0]?.signal.aborted).toBe(true);
    expect([upload.state.value.at, upload.preview.value]).toEqual(["empty", null]);
  });

  it("ends with who began it", async () => {
    begin();
    void upload.choose(FILE);
    await until("sending");
    scope.stop();
    expect(sent[0]?.signal.aborted).toBe(true);
  });
});
