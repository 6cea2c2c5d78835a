/**
 * Numbers and times for people: all formats that the pages have, each by its name. Times are in 24 hours in both languages, in the
 * zone of the shop for its staff and in the browser's for viewers. Money has a module of its own (money.ts), so have lengths of
 * time (duration.ts).
 */
import { useI18n } from "vue-i18n";
import { useShopZone } from "./shop-zone";

const NUMBERS = {
  /** 12,345 */
  whole: { maximumFractionDigits: 0 },
  /** 3.0 */
  tenths: { minimumFractionDigits: 1, maximumFractionDigits: 1 },
  /** 3, 3.1 */
  toTenths: { maximumFractionDigits: 1 },
  /** 3, 3.1, 3.14 */
  toHundredths: { maximumFractionDigits: 2 },
  /** 12K, 1.2万 */
  short: { notation: "compact", maximumFractionDigits: 1 },
  /** 42%, of 0 to 1 */
  share: { style: "percent", maximumFractionDigits: 0 },
  /** 0.3%, of 0 to 1 */
  loss: { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 },
  megabytes: { style: "unit", unit: "megabyte", maximumFractionDigits: 1 },
  gigabytes: { style: "unit", unit: "gigabyte", maximumFractionDigits: 1 },
} as const satisfies Record<string, Intl.NumberFormatOptions>;

const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
const TIMES = {
  /** 20:00 */
  hour: CLOCK,
  /** 20:00:05 */
  second: { ...CLOCK, second: "2-digit" },
  /** 12月3日 20:00 */
  moment: { month: "short", day: "numeric", ...CLOCK },
  /** 2026年12月3日 20:00 */
  dated: { year: "numeric", month: "short", day: "numeric", ...CLOCK },
  /** 12月3日周四 */
  day: { month: "long", day: "numeric", weekday: "short" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

export type NumberFormat = keyof typeof NUMBERS;
export type TimeFormat = keyof typeof TIMES;

/** Made once each: making one takes longer than a hundred uses. As many as formats, languages and the shop's zone and ours. */
const made = new Map<string, { format: (value: number) => string }>();

function once(key: string, make: () => { format: (value: number) => string }): (value: number) => string {
  const known = made.get(key) ?? make();
  made.set(key, known);
  return (value) => known.format(value);
}

export function numberText(value: number, format: NumberFormat, locale: string): string {
  return once(`${locale} ${format}`, () => new Intl.NumberFormat(locale, NUMBERS[format]))(value);
}

/** `ts`: Unix ms; `zone`: IANA, the browser's where it is left out. */
export function timeText(ts: number, format: TimeFormat, locale: string, zone?: string): string {
  return once(
    `${locale} ${format} ${zone}`,
    () => new Intl.DateTimeFormat(locale, { ...TIMES[format], timeZone: zone }),
  )(ts);
}

/** GMT+8: what a zone is called at that time. */
export function zoneText(ts: number, locale: string, zone: string): string {
  return once(`${locale} zone ${zone}`, () => {
    const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: "short" });
    return { format: (at) => parts.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? zone };
  })(ts);
}

/** Large counts, short: 9,999, then 1.2万 in Chinese and 12K in English. */
export function shortCount(count: number, locale: string): string {
  return numberText(count, count < 10_000 ? "whole" : "short", locale);
}

/** A measured value with at least as many digits after the point as its steps have. */
export function measuredText(value: number, decimals: number, locale: string): string {
  return once(
    `${locale} measured ${decimals}`,
    () =>
      new Intl.NumberFormat(locale, {
        minimumFractionDigits: decimals,
        maximumFractionDigits: Math.max(2, decimals),
      }),
  )(value);
}

/** 640 kbit/s, 2.5 Mbit/s */
export function bitRateText(bps: number, locale: string): string {
  return bps < 1e6
    ? `${numberText(bps / 1e3, "whole", locale)} kbit/s`
    : `${numberText(bps / 1e6, "tenths", locale)} Mbit/s`;
}

/** 0.1 MB at least, and from 1 GB on in those. */
export function sizeText(bytes: number, locale: string): string {
  return bytes < 1e9
    ? numberText(Math.max(0.1, bytes / 1e6), "megabytes", locale)
    : numberText(bytes / 1e9, "gigabytes", locale);
}

/** In the language in use. */
export function useFormatters() {
  const { locale } = useI18n({ useScope: "global" });
  const zone = useShopZone();
  return {
    locale,
    number: (value: number, format: NumberFormat) => numberText(value, format, locale.value),
    time: (ts: number, format: TimeFormat) => timeText(ts, format, locale.value, zone.value),
    count: (value: number) => shortCount(value, locale.value),
    measured: (value: number, decimals: number) => measuredText(value, decimals, locale.value),
    bitRate: (bps: number) => bitRateText(bps, locale.value),
    size: (bytes: number) => sizeText(bytes, locale.value),
  };
}
