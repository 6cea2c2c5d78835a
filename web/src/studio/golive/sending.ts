/** What a peer connection sends: one video in H.264, one audio, with the encoder's bounds. */

const FPS_MAX = 30;

export function sendTracks(peer: RTCPeerConnection, stream: MediaStream, bitrateBps: number): void {
  for (const track of stream.getAudioTracks()) peer.addTransceiver(track, { direction: "sendonly", streams: [stream] });
  for (const track of stream.getVideoTracks()) {
    const transceiver = peer.addTransceiver(track, {
      direction: "sendonly",
      streams: [stream],
      sendEncodings: [{ maxBitrate: bitrateBps, maxFramerate: FPS_MAX }],
    });
    preferH264(transceiver);
    void bound(transceiver.sender, bitrateBps);
  }
}

/** Another camera or microphone in the place of the one before: nothing is negotiated anew, and viewers see one picture go on. */
export function swapTracks(peer: RTCPeerConnection, stream: MediaStream, bitrateBps: number): void {
  for (const { sender } of peer.getTransceivers()) {
    const kind = sender.track?.kind;
    const track = stream.getTracks().find((other) => other.kind === kind);
    if (track) void sender.replaceTrack(track).catch(() => undefined);
    if (kind === "video") void bound(sender, bitrateBps);
  }
}

/** H.264 first: the server passes it on as it is, to every player. The rest stays in the offer, for the server to refuse in words. */
function preferH264(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpSender.getCapabilities("video")?.codecs ?? [];
  const rank = ({ mimeType, sdpFmtpLine = "" }: RTCRtpCodec): number => {
    if (mimeType !== "video/H264") return 2;
    return sdpFmtpLine.includes("packetization-mode=1") ? 0 : 1;
  };
  try {
    transceiver.setCodecPreferences(codecs.toSorted((a, b) => rank(a) - rank(b)));
  } catch {
    // A browser with an order of its own; most of them offer H.264 in any case.
  }
}

async function bound(sender: RTCRtpSender, bitrateBps: number): Promise<void> {
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings) encoding.maxBitrate = bitrateBps;
  // On a thin link both give a little: a host moves, and holds things up to be looked at.
  parameters.degradationPreference = "balanced";
  // Before the first answer some browsers have no encodings to set; the transceiver was made with the bound.
  await sender.setParameters(parameters).catch(() => undefined);
}
