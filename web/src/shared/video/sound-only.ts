/** The sound of a programme by itself: its rendition out of the multivariant playlist. */
/**
 * The media playlist of the sound (RFC 8216, 4.3.4.1), as the playlist names it: of several the first whose group can be played.
 * Null where the picture carries the sound. Pure, but for `canPlay`.
 */
export function soundIn(playlist: string, canPlay: (group: string) => boolean = () => true): string | null {
  const sounds = playlist
    .split(/\r?\n/)
    .filter((line) => line.startsWith("#EXT-X-MEDIA:") && /[:,]TYPE=AUDIO(,|$)/.test(line))
    .map((line) => ({
      group: /[:,]GROUP-ID="([^"]*)"/.exec(line)?.[1] ?? "",
      uri: /[:,]URI="([^"]*)"/.exec(line)?.[1] ?? null,
    }))
    .filter(({ uri }) => uri !== null);
  return (sounds.find(({ group }) => canPlay(group)) ?? sounds[0])?.uri ?? null;
}

/** The address of the sound of what plays at `url`; null where there is none. */
export async function soundOf(url: string, canPlay: (group: string) => boolean): Promise<string | null> {
  const from = new URL(url, location.href);
  const answer = await fetch(from);
  const uri = answer.ok ? soundIn(await answer.text(), canPlay) : null;
  return uri === null ? null : new URL(uri, from).href;
}
