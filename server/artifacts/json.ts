/**
 * Reads what people attach to images: signatures, bills of materials, provenance, charts. Pure, and lenient: strangers
 * wrote it, so whatever has an unexpected type counts as absent, and no text is kept longer than somebody would read.
 * Nothing here is verified; who may see it and where it is kept is decided in `catalog/`.
 */
import { AppError } from '../errors.ts';
import { isWithinLimits, type JsonLimits, parseLimitedJson } from '../registry/documents/json-limits.ts';

export type Json = Readonly<Record<string, unknown>>;

const MAX_TEXT_LENGTH = 2000;
const MAX_ITEMS = 20_000;
// A bill of materials of the largest images has some hundred thousand.
const LIMITS: JsonLimits = { maxValues: 1_000_000, maxDepth: 200 };
const PAGE_LIMITS: JsonLimits = { maxValues: 20_000, maxDepth: 100 };

/** @throws {AppError} TOO_LARGE beyond the limits. */
export function parseJson(bytes: Buffer, limits = LIMITS): Json | undefined {
  try {
    return object(parseLimitedJson(bytes, limits));
  } catch (error) {
    if (error instanceof AppError) throw error;
    return undefined;
  }
}

/** For a page: undefined too for what would take long to read. */
export function tryParseJson(bytes: Buffer): Json | undefined {
  return isWithinLimits(bytes, PAGE_LIMITS) ? parseJson(bytes) : undefined;
}

/** JSON in base64 or base64url, as envelopes carry it. */
export function decodeJson(value: unknown): Json | undefined {
  return typeof value === 'string' ? parseJson(Buffer.from(value, 'base64')) : undefined;
}

export function object(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** '' where there is none. Numbers and truth values are texts too: people write them without quotes. */
export function text(value: unknown, longest = MAX_TEXT_LENGTH): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return '';
  return value.length > longest ? `${value.slice(0, longest)}…` : value;
}

export function list(value: unknown, most = MAX_ITEMS): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : [];
}

export function objects(value: unknown, most = MAX_ITEMS): readonly Json[] {
  return list(value, most)
    .map(object)
    .filter((item) => item !== undefined);
}

export function texts(value: unknown, most = 200): readonly string[] {
  return list(value, most)
    .map((item) => text(item))
    .filter((item) => item !== '');
}

/** Epoch milliseconds. */
export function time(value: unknown): number | null {
  const milliseconds = typeof value === 'string' && value.length < 60 ? Date.parse(value) : Number.NaN;
  return Number.isNaN(milliseconds) ? null : milliseconds;
}

/** `sha256:…` of a map from algorithm to hex, as in-toto writes digests. */
export function digestIn(value: unknown): string {
  const digests = object(value);
  if (digests === undefined) return '';
  const algorithm = ['sha256', 'sha512', 'sha1', 'gitCommit'].find((name) => text(digests[name]) !== '');
  return algorithm === undefined ? '' : `${algorithm}:${text(digests[algorithm], 200)}`;
}

const DEEPEST = 6;
const MAX_PAIRS = 500;

/** A tree as lines `a.b.c = value`, as far as somebody would read. */
export function flatten(value: unknown): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  const visit = (item: unknown, path: string, depth: number): void => {
    if (pairs.length >= MAX_PAIRS) return;
    const inner = Array.isArray(item)
      ? item.slice(0, MAX_PAIRS).map((entry, index) => [String(index), entry] as const)
      : Object.entries(object(item) ?? {}).slice(0, MAX_PAIRS);
    if (depth >= DEEPEST && inner.length > 0) pairs.push([path, '…']);
    else if (inner.length > 0)
      for (const [key, entry] of inner)
        visit(entry, path === '' ? key.slice(0, 200) : `${path}.${key.slice(0, 200)}`, depth + 1);
    else if (path !== '' && text(item) !== '') pairs.push([path, text(item)]);
  };
  visit(value, '', 0);
  return pairs;
}
