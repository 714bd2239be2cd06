import type { Locale } from './i18n.ts';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Decimal units with three digits that count: `412 kB`, `1.9 GB`. */
function formatBytes(locale: Locale, bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 99.95 ? 1 : 0;
  const text = new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
  return `${text} ${UNITS[unit]}`;
}

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** @param now The clock, so that a page is the same for the same moment. */
export function createFormat(locale: Locale, now: () => number, justNow: string) {
  const numbers = new Intl.NumberFormat(locale);
  const dates = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  const times = new Intl.DateTimeFormat(locale, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  });
  const spans = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  const longSpans = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  return {
    bytes: (bytes: number): string => formatBytes(locale, bytes),
    number: (value: number): string => numbers.format(value),
    /** Part of a whole, 0 to 1. */
    percent: (share: number): string => `${numbers.format(Math.round(share * 100))}%`,
    date: (ms: number): string => dates.format(ms),
    /** With the zone, because the server's may not be the reader's. */
    dateTime: (ms: number): string => times.format(ms),
    iso: (ms: number): string => new Date(ms).toISOString(),
    relative(ms: number): string {
      const past = now() - ms;
      const step = STEPS.find(([, size]) => Math.abs(past) >= size);
      if (step === undefined) return justNow;
      // "last mo" is no English.
      const words = step[1] > 86_400_000 ? longSpans : spans;
      const text = words.format(-Math.trunc(past / step[1]), step[0]).replaceAll('.', '');
      // As in every other text: a space between figures and Chinese.
      return text.replace(/(\d)(?=\p{Script=Han})/u, '$1 ');
    },
    duration(ms: number): string {
      if (ms < 1000) return `${numbers.format(Math.round(ms))} ms`;
      return ms < 60_000
        ? `${numbers.format(Math.round(ms / 100) / 10)} s`
        : `${numbers.format(Math.round(ms / 60_000))} min`;
    },
  };
}
export type Format = ReturnType<typeof createFormat>;
