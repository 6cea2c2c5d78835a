/** Numbers, money and times for staff, in the language in use and by the shop's clock. */
import { computed } from "vue";
import { shortCount, timeText, useFormatters, zoneText } from "@shared/formats";
import { formatMoney } from "@shared/money";
import { useShopZone } from "@shared/shop-zone";
import { isOwnZone } from "@shared/zone";
import { useI18n } from "vue-i18n";

export function useFormats() {
  const { t } = useI18n();
  const { locale, number, time, count } = useFormatters();
  const zone = useShopZone();
  const isForeign = computed(() => !isOwnZone(zone.value));

  /** Behind the time: where the language would have it is between the day and the hour in Chinese. */
  const there = (text: string, ts: number): string =>
    isForeign.value ? `${text} ${zoneText(ts, locale.value, zone.value)}` : text;

  return {
    locale,
    count,
    number,
    money: (minor: number, currency: string | null) => formatMoney(minor, currency ?? "CNY", locale.value),
    /** With its zeros, where amounts stand below each other: ¥60.00. */
    exact: (minor: number, currency: string | null) => formatMoney(minor, currency ?? "CNY", locale.value, "keep"),
    decimal: (value: number) => number(value, "toHundredths"),
    /** A figure per second: 3.2, and no false precision when it is large. */
    rate: (value: number) => (value < 100 ? number(value, "tenths") : shortCount(Math.round(value), locale.value)),
    share: (value: number) => number(value, "share"),
    /** Times are the shop's. Its zone, where the browser's is another; null where it need not be told. */
    foreignZone: computed(() => (isForeign.value ? zone.value : null)),
    time: (ts: number) => time(ts, "second"),
    day: (ts: number) => time(ts, "day"),
    /** With its zone where the browser's is another. */
    moment: (ts: number) => there(time(ts, "moment"), ts),
    /** With the year: of what may be long ago, or far off. */
    dated: (ts: number) => there(time(ts, "dated"), ts),
    /** The same below a head that tells the zone. */
    datedInTable: (ts: number) => time(ts, "dated"),
    /** By the browser's clock. */
    momentHere: (ts: number) => timeText(ts, "moment", locale.value),
    /** A length of time that is chosen or told in words: 15 秒, 1 分钟. No clock, which "10:00" might be. */
    span(seconds: number): string {
      if (seconds % 3600 === 0 && seconds > 0) return t("staff.span.hours", { n: seconds / 3600 });
      return seconds % 60 === 0 && seconds > 0
        ? t("staff.span.minutes", { n: seconds / 60 })
        : t("staff.span.seconds", { n: seconds });
    },
    ago(ts: number, nowMs: number): string {
      const seconds = Math.max(0, Math.round((nowMs - ts) / 1000));
      if (seconds < 60) return t("staff.ago.now");
      if (seconds < 3600) return t("staff.ago.minutes", { n: Math.floor(seconds / 60) });
      if (seconds < 86_400) return t("staff.ago.hours", { n: Math.floor(seconds / 3600) });
      return t("staff.ago.days", { n: Math.floor(seconds / 86_400) });
    },
  };
}
