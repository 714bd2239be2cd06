/**
 * Reads what is attached to images: signatures, SBOMs, provenance, charts. Pure and lenient: a value of an unexpected
 * type counts as absent, and texts are truncated. Nothing is verified here; access and storage are decided in
 * `catalog/`.
 */
import { AppError } from '../errors.ts';
import { isWithinLimits, type JsonLimits, parseLimitedJson } from '../registry/documents/json-limits.ts';

export type Json = Readonly<Record<string, unknown>>;

const MAX_TEXT_LENGTH = 2000;
const MAX_ITEMS = 20_000;
// SBOMs of the largest images have some hundred thousand values.
const LIMITS: JsonLimits = { maxValues: 1_000_000, maxDepth: 200 };
const PAGE_LIMITS: JsonLimits = { maxValues: 20_000, maxDepth: 100 };

/** Undefined for anything but a JSON object. @throws {AppError} TOO_LARGE beyond the limits. */
export function parseJson(bytes: Buffer, limits = LIMITS): Json | undefined {
  try {
    return asObject(parseLimitedJson(bytes, limits));
  } catch (error) {
    if (error instanceof AppError) throw error;
    return undefined;
  }
}

/** For use while a page is rendered: also undefined for what would take long to parse. */
export function tryParseJson(bytes: Buffer): Json | undefined {
  return isWithinLimits(bytes, PAGE_LIMITS) ? parseJson(bytes) : undefined;
}

/** A JSON object in base64 or base64url; undefined for anything else. */
export function decodeJson(value: unknown): Json | undefined {
  return typeof value === 'string' ? parseJson(Buffer.from(value, 'base64')) : undefined;
}

/** Undefined for arrays, null and values of other types. */
export function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/**
 * '' for other types, except numbers and booleans, which people write without quotes. Longer texts are cut and end with
 * `…`.
 */
export function asText(value: unknown, longest = MAX_TEXT_LENGTH): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return '';
  return value.length > longest ? `${value.slice(0, longest)}…` : value;
}

/** The first elements; empty for anything but an array. */
export function asList(value: unknown, most = MAX_ITEMS): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : [];
}

/** The objects of an array; elements of other types are left out. */
export function asObjects(value: unknown, most = MAX_ITEMS): readonly Json[] {
  return asList(value, most)
    .map(asObject)
    .filter((item) => item !== undefined);
}

/** The texts of an array, without empty ones. */
export function asTexts(value: unknown, most = 200): readonly string[] {
  return asList(value, most)
    .map((item) => asText(item))
    .filter((item) => item !== '');
}

/** Epoch milliseconds of a date such as RFC 3339; null for anything else. */
export function parseTime(value: unknown): number | null {
  const milliseconds = typeof value === 'string' && value.length < 60 ? Date.parse(value) : Number.NaN;
  return Number.isNaN(milliseconds) ? null : milliseconds;
}

/**
 * `sha256:…` from a DigestSet of in-toto; '' where it is empty.
 * @see https://github.com/in-toto/attestation/blob/main/spec/v1/digest_set.md
 */
export function digestFromSet(value: unknown): string {
  const digests = asObject(value);
  if (digests === undefined) return '';
  const algorithm = ['sha256', 'sha512', 'sha1', 'gitCommit'].find((name) => asText(digests[name]) !== '');
  return algorithm === undefined ? '' : `${algorithm}:${asText(digests[algorithm], 200)}`;
}

const MAX_DEPTH = 6;
const MAX_PAIRS = 500;

/** A tree as pairs `['a.b.c', value]`: at most 500 of them, six levels deep. */
export function flatten(value: unknown): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  const visit = (item: unknown, path: string, depth: number): void => {
    if (pairs.length >= MAX_PAIRS) return;
    const inner = Array.isArray(item)
      ? item.slice(0, MAX_PAIRS).map((entry, index) => [String(index), entry] as const)
      : Object.entries(asObject(item) ?? {}).slice(0, MAX_PAIRS);
    if (depth >= MAX_DEPTH && inner.length > 0) pairs.push([path, '…']);
    else if (inner.length > 0)
      for (const [key, entry] of inner)
        visit(entry, path === '' ? key.slice(0, 200) : `${path}.${key.slice(0, 200)}`, depth + 1);
    else if (path !== '' && asText(item) !== '') pairs.push([path, asText(item)]);
  };
  visit(value, '', 0);
  return pairs;
}
