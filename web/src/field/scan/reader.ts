/**
 * Reads codes out of a picture: by the browser's own detector where it has one for QR codes, else by `qr`, a reader in plain
 * JavaScript (MIT or Apache-2.0, no dependencies), which the policy of our pages allows; of WebAssembly it would not.
 */

export interface CodeReader {
  /** What stands in the picture; null: no code is seen. */
  read: (source: HTMLVideoElement | HTMLImageElement) => Promise<string | null>;
}

interface Detector {
  detect: (source: HTMLVideoElement | HTMLImageElement) => Promise<readonly { rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { formats: readonly string[] }): Detector;
  getSupportedFormats: () => Promise<readonly string[]>;
}

/** What labels of food have; the detector reads what of these it can. */
const FORMATS = ["qr_code", "data_matrix", "code_128", "ean_13", "ean_8", "upc_a", "itf"];
/** Small enough to be read many times a second, large enough for a label at arm's length. */
const EDGE_PX = 720;

export async function createReader(): Promise<CodeReader> {
  return (await nativeReader()) ?? scriptReader();
}

async function nativeReader(): Promise<CodeReader | null> {
  const Class = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  try {
    const formats = Class ? await Class.getSupportedFormats() : [];
    if (!Class || !formats.includes("qr_code")) return null;
    const detector = new Class({ formats: FORMATS.filter((format) => formats.includes(format)) });
    return { read: async (source) => (await detector.detect(source))[0]?.rawValue ?? null };
  } catch {
    return null;
  }
}

async function scriptReader(): Promise<CodeReader> {
  const { default: decodeQR } = await import("qr/decode.js");
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  return {
    async read(source) {
      const [width, height] =
        source instanceof HTMLVideoElement
          ? [source.videoWidth, source.videoHeight]
          : [source.naturalWidth, source.naturalHeight];
      if (!pen || width === 0 || height === 0) return null;
      // A photo is read once: it may be larger.
      const scale = Math.min(1, (source instanceof HTMLVideoElement ? EDGE_PX : 2 * EDGE_PX) / Math.max(width, height));
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      pen.drawImage(source, 0, 0, canvas.width, canvas.height);
      try {
        return decodeQR(pen.getImageData(0, 0, canvas.width, canvas.height));
      } catch {
        return null;
      }
    },
  };
}
