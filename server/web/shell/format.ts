import type { Locale } from './i18n.ts';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

const MAX_REMEMBERED = 5000;

/** Memory for formatted texts: the formatters of `Intl` are slow, and pages repeat the same values. */
export function remembering<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= MAX_REMEMBERED) known.clear();
    const made = make(key);
    known.set(key, made);
    return made;
  };
}

/** `2026-11-20T11:56:`: rows of one page stand near to each other. */
const isoMinute = remembering((minute: number) => new Date(minute * 60_000).toISOString().slice(0, 17));
const TWO_FIGURES = Array.from({ length: 60 }, (_, second) => String(second).padStart(2, '0'));

type Unit = 'millisecond' | 'second' | 'minute' | 'hour';

/** As in every other text: a space between figures and Chinese. */
function spaced(text: string): string {
  return text.replace(/(\d)(?=\p{Script=Han})/u, '$1 ');
}

/** Formatters of one language, made once: that costs more than rendering a page. */
const wordsOf = remembering((locale: Locale) => {
  const numbers = new Intl.NumberFormat(locale);
  const [whole, tenths] = [0, 1].map(
    (maximumFractionDigits) => new Intl.NumberFormat(locale, { maximumFractionDigits }),
  );
  const dates = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  const times = new Intl.DateTimeFormat(locale, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  const clocks = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const moments = new Intl.DateTimeFormat(locale, {
    ...{ month: 'short', day: 'numeric' },
    ...{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  });
  // Chinese would write the zone between the date and the time.
  const zones = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' });
  const spans = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  const hourSpans = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'narrow' });
  const longSpans = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });

  const percents = new Intl.NumberFormat(locale, { style: 'percent' });
  const units = remembering(
    (unit: Unit) => new Intl.NumberFormat(locale, { style: 'unit', unit, maximumFractionDigits: 1 }),
  );

  /** "7h ago" as everywhere, but "last month", because "last mo" is no English. */
  function spansOf(size: number): Intl.RelativeTimeFormat {
    if (size > 86_400_000) return longSpans;
    return size === 3_600_000 ? hourSpans : spans;
  }

  function zoneOf(ms: number): string {
    return zones.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  }

  function relative(key: string): string {
    const [step = '', count] = key.split(' ');
    const [unit, size] = STEPS[Number(step)] ?? ['minute', 60_000];
    const text = spansOf(size).format(-Number(count), unit).replaceAll('.', '');
    return spaced(text);
  }

  return {
    number: remembering((value: number) => numbers.format(value)),
    // Below 1000, so these are soon all known.
    whole: remembering((value: number) => whole?.format(value) ?? ''),
    tenths: remembering((value: number) => tenths?.format(value / 10) ?? ''),
    date: remembering((ms: number) => dates.format(ms)),
    dateTime: remembering((ms: number) => `${times.format(ms)} ${zoneOf(ms)}`),
    clock: (ms: number) => clocks.format(ms),
    moment: (ms: number) => moments.format(ms),
    relative: remembering(relative),
    percent: remembering((whole: number) => percents.format(whole / 100)),
    span: (unit: Unit, value: number): string => spaced(units(unit).format(value)),
  };
});

/** @param now The clock in epoch milliseconds, for ages. */
export function createFormat(locale: Locale, now: () => number, justNow: string) {
  const words = wordsOf(locale);

  function size(bytes: number): string {
    let value = Math.max(0, bytes);
    let unit = 0;
    while (value >= 999.5 && unit < UNITS.length - 1) {
      value /= 1000;
      unit += 1;
    }
    const withTenths = unit > 0 && value < 99.95;
    return `${withTenths ? words.tenths(Math.round(value * 10)) : words.whole(Math.round(value))} ${UNITS[unit]}`;
  }

  return {
    /** Decimal units with three digits that count: `412 kB`, `1.9 GB`. */
    bytes: size,
    /** What came or went: `+412 kB`, `−1.9 GB`, `±0 B`. */
    signedBytes: (bytes: number): string => `${bytes === 0 ? '±' : bytes < 0 ? '−' : '+'}${size(Math.abs(bytes))}`,
    number: words.number,
    /** Part of a whole, 0 to 1. */
    percent: (share: number): string => words.percent(Math.round(share * 100)),
    date: words.date,
    /** With the zone, because the server's may not be the reader's. */
    dateTime: words.dateTime,
    /** `10:02`, where the day is told beside it. */
    clock: words.clock,
    /** `Nov 30, 10:02`. */
    moment: words.moment,
    iso: (ms: number): string => new Date(ms).toISOString(),
    /** `2026-11-20T11:56:00Z`. */
    isoSeconds: (ms: number): string =>
      `${isoMinute(Math.floor(ms / 60_000))}${TWO_FIGURES[Math.floor(ms / 1000) % 60]}Z`,
    relative(ms: number): string {
      const past = now() - ms;
      const step = STEPS.findIndex(([, size]) => Math.abs(past) >= size);
      const size = STEPS[step]?.[1];
      return size === undefined ? justNow : words.relative(`${step} ${Math.trunc(past / size)}`);
    },
    duration(ms: number): string {
      if (ms < 1000) return words.span('millisecond', Math.round(ms));
      if (ms < 60_000) return words.span('second', ms / 1000);
      return ms < 2 * 3600_000 ? words.span('minute', Math.round(ms / 60_000)) : words.span('hour', ms / 3600_000);
    },
  };
}
export type Format = ReturnType<typeof createFormat>;
