/** Large counts, short: 9,999, then 1.2万 in Chinese and 12K in English. */
export function shortCount(count: number, locale: string): string {
  if (count < 10_000) return new Intl.NumberFormat(locale).format(count);
  return new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }).format(count);
}
