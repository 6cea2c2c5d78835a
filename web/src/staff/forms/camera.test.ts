import { describe, expect, it } from "vitest";
import { checkCamera, emptyCameraForm } from "./camera";

describe("a new camera", () => {
  it("is called by default as its kind is", () => {
    expect(checkCamera(emptyCameraForm(), "OBS").body).toEqual({ name: "OBS", kind: "whip", url: null });
    expect(checkCamera({ kind: "test", name: " Bars ", url: "x" }, "Test").body).toEqual({
      name: "Bars",
      kind: "test",
      url: null,
    });
  });

  it("that is fetched has an RTSP address", () => {
    const faults = (url: string): unknown => checkCamera({ kind: "rtsp", name: "", url }, "IP").faults;
    expect(faults(" ")).toEqual({ url: "required" });
    expect(faults("http://10.0.0.2/")).toEqual({ url: "pattern" });
    expect(faults(`rtsp://10.0.0.2/${"a".repeat(500)}`)).toEqual({ url: "too_long" });
    expect(checkCamera({ kind: "rtsp", name: "", url: " rtsps://user:pass@10.0.0.2:554/1 " }, "IP").body).toEqual({
      name: "IP",
      kind: "rtsp",
      url: "rtsps://user:pass@10.0.0.2:554/1",
    });
  });
});
