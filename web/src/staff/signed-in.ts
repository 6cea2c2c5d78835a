/** Where a tab comes back to in which somebody signed in for a page that waits in another one. Pure. */
import type { AppName } from "@app/names";

/** No room has a name that begins like this. */
export function signedInPath(app: AppName): string {
  return `/${app}/-/signed-in`;
}
