/** Ways to sign in that lead to another site and back, as plain navigations. Pure, but for `hereNow`. */
import type { AppName } from "@app/names";

export type Elsewhere = "oidc" | "wechat";

/** `to`: the path of ours to come back to. `again`: have the site ask for a proof also where one is signed in there. */
export function wayTo(way: Elsewhere, app: AppName, to: string, again = false): string {
  return `/api/sign-in/${way}/start?${new URLSearchParams({ app, to, ...(again ? { again: "1" } : {}) }).toString()}`;
}

/** The page that is open, to come back to. */
export function hereNow(): string {
  return location.pathname + location.search;
}

/** What tells the page that waits that somebody has signed in in another tab. */
export function signedInChannel(app: AppName): string {
  return `livehub.${app}.signed-in`;
}
