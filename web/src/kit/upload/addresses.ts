/** Addresses of uploads, of which the server keeps two sizes. Pure. */
const LARGE = /^(\/uploads\/[0-9a-z]{18}\/)large\.webp$/;

/** The small size of an uploaded picture; any other address as it is. */
export function smallOf(address: string): string {
  return address.replace(LARGE, "$1small.webp");
}

/** Where the picture is that a field has, by the id of an upload or an address; null for none. */
export function addressOf(picture: string): string | null {
  if (picture === "") return null;
  return picture.includes("/") ? smallOf(picture) : `/uploads/${picture}/small.webp`;
}
