/** Addresses of uploads, of which the server keeps two sizes. Pure. */
import type { Pictured } from "../pictured";

const LARGE = /^(\/uploads\/[0-9a-z]{18}\/)large\.webp$/;

/** The small size of an uploaded picture; any other address as it is. */
export function smallOf(address: string): string {
  return address.replace(LARGE, "$1small.webp");
}

/** The long edges of both sizes, px: what LIVEHUB_UPLOADS_SMALL_PX and _LARGE_PX are unless set. A browser chooses by them. */
const SMALL_PX = 480;
const LARGE_PX = 1_600;

/** Both sizes of an uploaded picture; null for any other address. */
export function picturedOf(address: string): Pictured | null {
  const small = smallOf(address);
  return small === address ? null : { small, large: address, smallWidth: SMALL_PX, largeWidth: LARGE_PX };
}

/** Where the picture is that a field has, by the id of an upload or an address; null for none. */
export function addressOf(picture: string): string | null {
  if (picture === "") return null;
  return picture.includes("/") ? smallOf(picture) : `/uploads/${picture}/small.webp`;
}
