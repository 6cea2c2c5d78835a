/**
 * The pieces of SDP that trickle ICE sends (RFC 8840), as WHIP and WHEP use them (RFC 9725, section 4.3). Pure.
 *
 * All media is bundled, so one user fragment, one password and the first media section speak for all of them.
 */

export interface IceText {
  ufrag: string;
  pwd: string;
  /** The first media section: its `m=` line and its mid. */
  media: string;
  mid: string;
}

/** What a fragment has to name of our own description; null where it has no media. */
export function iceOf(sdp: string): IceText | null {
  const first = sdp.split(/\r?\n(?=m=)/)[1];
  const ufrag = /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1];
  const pwd = /^a=ice-pwd:(\S+)/m.exec(sdp)?.[1];
  const media = first && /^m=(\S+)/.exec(first)?.[1];
  const mid = first && /^a=mid:(\S+)/m.exec(first)?.[1];
  return ufrag && pwd && media && mid !== undefined ? { ufrag, pwd, media, mid } : null;
}

/** A fragment with the candidates of the first media section; `ended` says that no more will come. */
export function fragmentOf(ice: IceText, candidates: readonly string[], ended: boolean): string {
  const lines = [
    `a=ice-ufrag:${ice.ufrag}`,
    `a=ice-pwd:${ice.pwd}`,
    // The port is without a meaning here, and 0 would say that the section is refused.
    `m=${ice.media} 9 UDP/TLS/RTP/SAVPF 0`,
    `a=mid:${ice.mid}`,
    ...candidates.map((candidate) => `a=${candidate}`),
    ...(ended ? ["a=end-of-candidates"] : []),
  ];
  return `${lines.join("\r\n")}\r\n`;
}

/** The candidates that a description or a fragment holds, once each, as `candidate:...`. */
export function candidatesOf(sdp: string): string[] {
  return [...new Set([...sdp.matchAll(/^a=(candidate:.+?)\r?$/gm)].map((found) => found[1] ?? ""))];
}

/** The answer as it is after an ICE restart: as before, with the other side's new credentials and candidates. Null if there are none. */
export function answerAfterRestart(answer: string, fragment: string): string | null {
  const ufrag = /^a=ice-ufrag:(\S+)/m.exec(fragment)?.[1];
  const pwd = /^a=ice-pwd:(\S+)/m.exec(fragment)?.[1];
  if (!ufrag || !pwd) return null;
  const candidates = candidatesOf(fragment).map((candidate) => `a=${candidate}`);
  const [head = "", ...sections] = answer.split(/\r?\n(?=m=)/).map((section) => withoutCandidates(section));
  const renew = (section: string): string =>
    section.replace(/^a=ice-ufrag:.*$/m, `a=ice-ufrag:${ufrag}`).replace(/^a=ice-pwd:.*$/m, `a=ice-pwd:${pwd}`);
  const [first, ...others] = sections.map(renew);
  const parts = [renew(head), first === undefined ? "" : [first, ...candidates].join("\r\n"), ...others];
  return `${parts.filter((part) => part !== "").join("\r\n")}\r\n`;
}

function withoutCandidates(section: string): string {
  return section
    .split(/\r?\n/)
    .filter((line) => line !== "" && !line.startsWith("a=candidate:") && !line.startsWith("a=end-of-candidates"))
    .join("\r\n");
}
