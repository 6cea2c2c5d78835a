/** Numbers, money and times for people, in the language in use. */
import { computed } from "vue";
import { shortCount } from "@shared/counts";
import { useLocale } from "@shared/i18n";
import { formatMoney } from "@shared/money";
import { isOwnZone } from "@shared/zone";
import { useI18n } from "vue-i18n";
import { useShopZone } from "./shop-zone";

const MOMENT = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;

export function useFormats() {
  const { t } = useI18n();
  const locale = useLocale();
  const zone = useShopZone();
  const isForeign = computed(() => !isOwnZone(zone.value));
  const time = computed(
    () =>
      new Intl.DateTimeFormat(locale.value, {
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
        hourCycle: "h23",
        timeZone: zone.value,
      }),
  );
  const moment = computed(
    () =>
      new Intl.DateTimeFormat(locale.value, {
        ...MOMENT,
        timeZone: zone.value,
        timeZoneName: isForeign.value ? "short" : undefined,
      }),
  );
  const dated = computed(
    () =>
      new Intl.DateTimeFormat(locale.value, {
        ...MOMENT,
        year: "numeric",
        timeZone: zone.value,
        timeZoneName: isForeign.value ? "short" : undefined,
      }),
  );
  const here = computed(() => new Intl.DateTimeFormat(locale.value, MOMENT));
  const day = computed(
    () =>
      new Intl.DateTimeFormat(locale.value, { month: "long", day: "numeric", weekday: "short", timeZone: zone.value }),
  );
  const decimal = computed(() => new Intl.NumberFormat(locale.value, { maximumFractionDigits: 2 }));
  const rate = computed(
    () => new Intl.NumberFormat(locale.value, { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
  );
  const share = computed(() => new Intl.NumberFormat(locale.value, { style: "percent", maximumFractionDigits: 0 }));

  return {
    locale,
    money: (minor: number, currency: string | null) => formatMoney(minor, currency ?? "CNY", locale.value),
    count: (value: number) => shortCount(value, locale.value),
    decimal: (value: number) => decimal.value.format(value),
    /** A figure per second: 3.2, and no false precision when it is large. */
    rate: (value: number) => (value < 100 ? rate.value.format(value) : shortCount(Math.round(value), locale.value)),
    share: (value: number) => share.value.format(value),
    /** Times are the shop's. Its zone, where the browser's is another; null where it need not be told. */
    foreignZone: computed(() => (isForeign.value ? zone.value : null)),
    time: (ts: number) => time.value.format(ts),
    day: (ts: number) => day.value.format(ts),
    /** With its zone where the browser's is another. */
    moment: (ts: number) => moment.value.format(ts),
    /** With the year: of what may be long ago, or far off. */
    dated: (ts: number) => dated.value.format(ts),
    /** By the browser's clock. */
    momentHere: (ts: number) => here.value.format(ts),
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
      return t("staff.ago.hours", { n: Math.floor(seconds / 3600) });
    },
  };
}
