/** The form of a new camera. Pure. */
import type { CameraRequest } from "@shared/api-types";
import { oneLine } from "@shared/text";
import { checked, lineFault, TITLE_MAX, type Checked, type Faults } from "@kit/forms/checked";

export type AddKind = "whip" | "rtsp" | "test";
export const ADD_KINDS: readonly AddKind[] = ["whip", "rtsp", "test"];
const URL_MAX = 500;

export interface CameraForm {
  kind: AddKind;
  /** Empty: what it is called by default. */
  name: string;
  /** Of an IP camera. */
  url: string;
}

export function emptyCameraForm(): CameraForm {
  return { kind: "whip", name: "", url: "" };
}

export function checkCamera(form: CameraForm, defaultName: string): Checked<CameraRequest, keyof CameraForm> {
  const faults: Faults<keyof CameraForm> = {};
  const nameFault = lineFault(form.name, TITLE_MAX, false);
  const url = form.url.trim();
  const urlFault = form.kind === "rtsp" ? lineFault(url, URL_MAX, true) : undefined;
  if (nameFault) faults.name = nameFault;
  if (urlFault) faults.url = urlFault;
  else if (form.kind === "rtsp" && !/^rtsps?:\/\/[^\s/]+/i.test(url)) faults.url = "pattern";
  return checked(faults, () => ({
    name: oneLine(form.name) || defaultName,
    kind: form.kind,
    url: form.kind === "rtsp" ? url : null,
  }));
}
