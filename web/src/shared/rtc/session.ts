/**
 * One WebRTC session by WHIP or WHEP: a peer connection and the HTTP resource that stands for it.
 *
 * The server is ICE-lite and reachable as it says, so an offer leaves without waiting for every candidate of ours; later ones
 * follow by PATCH. A lost path is mended by an ICE restart (the same session, the same DTLS); who wants a new session opens one.
 */
import { askIceServers, deleteSession, patchCandidates, patchRestart, postOffer, type Opened } from "./exchange";
import { answerAfterRestart, candidatesOf, fragmentOf, iceOf } from "./sdp-frag";

/** For host candidates; what STUN and TURN find follows. */
const GATHER_MS = 300;
const TRICKLE_EVERY_MS = 150;

export interface RtcSession {
  readonly peer: RTCPeerConnection;
  /** Looks for a new path; throws Refusal, or whatever the browser has against it. Then only a new session helps. */
  restart: () => Promise<void>;
  close: () => void;
}

export interface RtcOptions {
  url: string;
  /** Of a camera, or of the person who is here; asked for with each request, since a person's is renewed. */
  token: () => string | null;
  /** Adds the tracks or transceivers, and listeners. */
  prepare: (peer: RTCPeerConnection) => void;
  signal?: AbortSignal;
}

/** What servers the last answer named, for the next session's start; null before the first, which has to ask. */
let knownServers: RTCIceServer[] | null = null;

/** Opens a session. Throws Refusal, and leaves nothing behind. */
export async function openSession({ url, token, prepare, signal }: RtcOptions): Promise<RtcSession> {
  // Named later they would be of no use: a browser looks for candidates when it makes its offer.
  knownServers ??= await askIceServers(url);
  signal?.throwIfAborted();
  const peer = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: knownServers });
  let opened: Opened | null = null;
  let answer = "";
  let closed = false;
  const stopTrickle = trickle(peer, () => opened, token);

  function close(): void {
    if (closed) return;
    closed = true;
    stopTrickle();
    if (opened) deleteSession(opened, token());
    peer.close();
  }

  try {
    prepare(peer);
    await peer.setLocalDescription();
    await gathered(peer);
    signal?.throwIfAborted();
    opened = await postOffer(url, token(), peer.localDescription?.sdp ?? "");
    signal?.throwIfAborted();
    answer = opened.answer;
    await peer.setRemoteDescription({ type: "answer", sdp: answer });
    knownServers = opened.iceServers;
    peer.setConfiguration({ bundlePolicy: "max-bundle", iceServers: knownServers }); // for an ICE restart: credentials get old
  } catch (thrown) {
    close();
    throw thrown;
  }
  const session = opened;

  return {
    peer,
    close,
    async restart() {
      if (peer.signalingState !== "stable") await peer.setLocalDescription({ type: "rollback" });
      await peer.setLocalDescription(await peer.createOffer({ iceRestart: true }));
      await gathered(peer);
      const own = peer.localDescription?.sdp ?? "";
      const ice = iceOf(own);
      if (!ice) throw new Error("nothing to restart");
      const reply = await patchRestart(
        session,
        token(),
        fragmentOf(ice, candidatesOf(own), peer.iceGatheringState === "complete"),
      );
      const renewed = answerAfterRestart(answer, reply.fragment);
      if (!renewed) throw new Error("the answer to the restart has no credentials");
      session.etag = reply.etag;
      await peer.setRemoteDescription({ type: "answer", sdp: renewed });
      answer = renewed;
    },
  };
}

function gathered(peer: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      peer.removeEventListener("icegatheringstatechange", look);
      resolve();
    };
    const look = (): void => {
      if (peer.iceGatheringState === "complete") done();
    };
    const timer = setTimeout(done, GATHER_MS);
    peer.addEventListener("icegatheringstatechange", look);
    look();
  });
}

/** Sends candidates that come after the offer, a few at a time. That one does not arrive is no loss worth an error. */
function trickle(peer: RTCPeerConnection, session: () => Opened | null, token: () => string | null): () => void {
  let waiting: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  function send(): void {
    timer = undefined;
    const target = session();
    const ice = iceOf(peer.localDescription?.sdp ?? "");
    if (!target || !ice) return;
    const candidates = waiting;
    waiting = [];
    void patchCandidates(target, token(), fragmentOf(ice, candidates, false)).catch(() => undefined);
  }

  const onCandidate = ({ candidate }: RTCPeerConnectionIceEvent): void => {
    // Before the session stands, the offer itself carries what was found.
    if (!candidate?.candidate || !session()) return;
    waiting.push(candidate.candidate);
    timer ??= setTimeout(send, TRICKLE_EVERY_MS);
  };
  peer.addEventListener("icecandidate", onCandidate);
  return () => {
    clearTimeout(timer);
    peer.removeEventListener("icecandidate", onCandidate);
  };
}
