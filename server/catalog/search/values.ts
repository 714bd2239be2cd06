/** Parses values of search operators: ages, sizes, counts. `undefined` for invalid ones. */

/** Inclusive; null is open. */
export interface Range {
  readonly min: number | null;
  readonly max: number | null;
}

/** A time in the past: relative, or a day (midnight UTC). */
export type Age = { readonly ageMs: number } | { readonly atMs: number };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const AGE_UNITS: Readonly<Record<string, number>> = {
  h: HOUR_MS,
  d: DAY_MS,
  w: 7 * DAY_MS,
  m: 30 * DAY_MS,
  mo: 30 * DAY_MS,
  y: 365 * DAY_MS,
};
const MAX_MS = 1000 * 365 * DAY_MS;

/** `90d`, `12h`, `2w`, `6m`, `1y`, a bare number of days, or `2026-01-31`. */
export function parseAge(text: string): Age | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    const atMs = Date.parse(`${text}T00:00:00Z`);
    return Number.isNaN(atMs) || !new Date(atMs).toISOString().startsWith(text) ? undefined : { atMs };
  }
  const [, number, unit = ''] = /^(\d{1,6})(h|d|w|m|mo|y|)$/i.exec(text) ?? [];
  if (number === undefined) return undefined;
  const ageMs = Number(number) * (AGE_UNITS[unit.toLowerCase()] ?? DAY_MS);
  return ageMs <= MAX_MS ? { ageMs } : undefined;
}

/** Epoch milliseconds. */
export function momentOf(age: Age, now: number): number {
  return 'atMs' in age ? age.atMs : now - age.ageMs;
}

const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  kib: 1024,
  m: 1e6,
  mb: 1e6,
  mib: 1024 ** 2,
  g: 1e9,
  gb: 1e9,
  gib: 1024 ** 3,
  t: 1e12,
  tb: 1e12,
  tib: 1024 ** 4,
};

function parseBytes(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]{0,3})$/i.exec(text) ?? [];
  const factor = BYTES[unit.toLowerCase()];
  const bytes = number === undefined || factor === undefined ? Number.NaN : Math.round(Number(number) * factor);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

function parseCount(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** `>1GB`, `>=1GB`, `<500MB`, `1GB..2GB`, `1GB..`, `..2GB`; without any of these: at least. */
export function parseSizes(text: string): Range | undefined {
  const range = parseRange(text, parseBytes);
  return range !== undefined && range.min === range.max ? { min: range.min, max: null } : range;
}

/** As `parseSizes`; a bare number is exactly that. */
export function parseCounts(text: string): Range | undefined {
  return parseRange(text, parseCount);
}

function parseRange(text: string, parse: (text: string) => number | undefined): Range | undefined {
  const [, from = '', to = ''] = /^(.*?)\.\.(.*)$/.exec(text) ?? [];
  if (text.includes('..')) return rangeOf(from === '' ? null : parse(from), to === '' ? null : parse(to));
  const [, sign = '', rest = ''] = /^(>=|<=|>|<|=|)(.*)$/s.exec(text) ?? [];
  const value = parse(rest.trim());
  if (value === undefined) return undefined;
  if (sign === '>=') return { min: value, max: null };
  if (sign === '<=') return { min: null, max: value };
  if (sign === '>') return { min: value + 1, max: null };
  if (sign === '<') return { min: null, max: value - 1 };
  return { min: value, max: value };
}

function rangeOf(min: number | null | undefined, max: number | null | undefined): Range | undefined {
  if (min === undefined || max === undefined || (min === null && max === null)) return undefined;
  return min !== null && max !== null && min > max ? undefined : { min, max };
}
