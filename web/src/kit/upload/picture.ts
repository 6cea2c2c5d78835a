/**
 * A picture of the device, ready to be sent: upright, no larger than the server keeps it, and pixels only. Drawing it anew is
 * what removes where and when it was taken: nothing but pixels is on a canvas.
 */

/** The long edge that the server keeps at most (LIVEHUB_UPLOADS_LARGE_PX). */
export const EDGE_PX = 1_600;
const QUALITY = 0.88;

/** Why a file cannot be a picture here: keys of `shared.upload.fault.*`. */
export type PictureFault = "heic" | "unreadable" | "empty";

export class PictureError extends Error {
  constructor(readonly fault: PictureFault) {
    super(fault);
  }
}

/** Width and height with the long edge at most `edge`; never enlarged. */
export function fitted(width: number, height: number, edge: number): [number, number] {
  const scale = Math.min(1, edge / Math.max(width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

/** Whether a file that begins so is HEIC, which phones of Apple make and most browsers cannot show (ISO/IEC 14496-12, 4.3). */
export function isHeic(head: Uint8Array): boolean {
  const text = String.fromCharCode(...head.subarray(4, 12));
  return /^ftyp(hei[cxms]|hev[cx]|mif1|msf1)$/.test(text);
}

/** Whether something of the pixels (RGBA) can be seen through. */
export function isSeeThrough(pixels: Uint8ClampedArray): boolean {
  for (let at = 3; at < pixels.length; at += 4) if (pixels[at] !== 255) return true;
  return false;
}

/** Throws PictureError. */
export async function prepared(file: Blob, edge = EDGE_PX): Promise<Blob> {
  if (file.size === 0) throw new PictureError("empty");
  const image = await opened(file);
  const [width, height] = fitted(image.naturalWidth, image.naturalHeight, edge);
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  if (!pen || width === 0) throw new PictureError("unreadable");
  pen.imageSmoothingQuality = "high";
  // Browsers draw it as EXIF has it turned.
  pen.drawImage(image, 0, 0, width, height);
  const mayBeSeenThrough = file.type !== "image/jpeg";
  const seeThrough = mayBeSeenThrough && isSeeThrough(pen.getImageData(0, 0, width, height).data);
  const blob = await new Promise<Blob | null>((resolve) =>
    canvas.toBlob(resolve, seeThrough ? "image/png" : "image/jpeg", QUALITY),
  );
  // What a canvas holds is kept until it is collected, which on a phone is late.
  canvas.width = canvas.height = 0;
  if (!blob) throw new PictureError("unreadable");
  return blob;
}

async function opened(file: Blob): Promise<HTMLImageElement> {
  const image = new Image();
  const address = URL.createObjectURL(file);
  image.src = address;
  try {
    await image.decode();
  } catch {
    const head = new Uint8Array(await file.slice(0, 12).arrayBuffer());
    throw new PictureError(isHeic(head) ? "heic" : "unreadable");
  } finally {
    URL.revokeObjectURL(address);
  }
  return image;
}
