/** Times as the clocks of the shop show them. */
import { ownZone } from "@shared/zone";

export interface ShopClock {
  time: (ts: number) => string;
  day: (ts: number) => string;
  moment: (ts: number) => string;
  /** Its name, where the clock on this machine shows another time; else empty. */
  zone: string;
}

export function clockIn(locale: string, zone: string, own = ownZone()): ShopClock {
  const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone });
  const day = new Intl.DateTimeFormat(locale, { month: "long", day: "numeric", weekday: "short", timeZone: zone });
  const moment = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
  const named = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: "shortGeneric" }).formatToParts().find(({ type }) => type === "timeZoneName");
  return { time: (ts) => time.format(ts), day: (ts) => day.format(ts), moment: (ts) => moment.format(ts), zone: zone === own ? "" : (named?.value ?? zone) };
}
