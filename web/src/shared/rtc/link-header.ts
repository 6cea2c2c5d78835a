/** The `Link` header of a WHIP or WHEP answer (RFC 9725, section 4.6): STUN and TURN servers to use. Pure. */

/** The servers named with rel="ice-server"; what is not one, or cannot be read, is left out. */
export function iceServersOf(header: string | null): RTCIceServer[] {
  if (!header) return [];
  return entries(header).flatMap((entry) => {
    const url = /^\s*<([^>]+)>/.exec(entry)?.[1];
    const given = parameters(entry);
    if (!url || given.get("rel") !== "ice-server" || !/^(stun|turn)s?:/.test(url)) return [];
    const username = given.get("username");
    const credential = given.get("credential");
    return [username === undefined || credential === undefined ? { urls: url } : { urls: url, username, credential }];
  });
}

/** Splits at the commas that stand outside of <...> and of quotes. */
function entries(header: string): string[] {
  return header.match(/(?:<[^>]*>|"(?:\\.|[^"\\])*"|[^,])+/g) ?? [];
}

function parameters(entry: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name, quoted, bare] of entry.matchAll(/;\s*([\w-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^;,\s]+))/g)) {
    if (name) found.set(name.toLowerCase(), (quoted ?? bare ?? "").replace(/\\(.)/g, "$1"));
  }
  return found;
}
