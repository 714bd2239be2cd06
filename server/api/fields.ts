import { z } from 'zod';
import { isDigest } from '../registry/documents/reference.ts';
import { DAY_MS, parseDay, startOfDay } from '../storage/calendar.ts';

/** Text parameters with a limited length, without characters that databases refuse. */
function text(most: number) {
  return z
    .string()
    .max(most)
    .refine((value) => !value.includes('\0'), 'A NUL character cannot stand here.');
}

const DIGEST = `sha256:${'3f5a'.repeat(16)}`;
const MAX_NAME_LENGTH = 255;
const MAX_TAG_LENGTH = 128;

export const repositoryParam = text(MAX_NAME_LENGTH).meta({
  description: 'Name of a repository; slashes as they are or as %2F.',
  examples: ['team/app'],
});
export const tagParam = text(MAX_TAG_LENGTH).meta({ description: 'A tag.', examples: ['v1'] });
export const digestParam = text(200)
  .refine(isDigest, 'A digest looks like sha256: and 64 hexadecimal digits.')
  .meta({ description: 'Digest of a manifest.', examples: [DIGEST] });

export const nameFilter = (what: string) => text(MAX_NAME_LENGTH).optional().describe(what);
export const folderPath = text(MAX_NAME_LENGTH);
export const searchText = text(1000);
export const yesOrNo = z.stringbool({ truthy: ['true'], falsy: ['false'] });
export const size = z.coerce.number().int().min(0).optional();
export const direction = z.enum(['asc', 'desc']).describe('Rising or falling.');

export const digest = z.string().meta({ examples: [DIGEST] });
export const repositoryName = z.string().meta({ examples: ['team/app'] });
export const tagName = z.string().meta({ examples: ['v1'] });
export const platform = z.string().meta({ examples: ['linux/arm64'] });
export const time = z.iso.datetime();
/** A parameter: a time, or a day in the time zone of `TZ`. */
export const momentOrDay = z.union([
  time,
  z.iso.date().refine((text) => parseDay(text) !== undefined, 'A day looks like 2026-11-30, from 1970 on.'),
]);
export const bytes = z.number().meta({ examples: [52_428_800] });

/** null for 0: the manifest was not read, or contains no sizes (schema 1). Even an empty image has a configuration. */
export const knownBytes = (sizeBytes: number): number | null => (sizeBytes === 0 ? null : sizeBytes);
export const imageBytes = bytes.nullable().describe('null: not known, as in schema 1.');
export const count = z.number().int();
export const mediaType = z.string().meta({ examples: ['application/vnd.oci.image.manifest.v1+json'] });
export const kind = z.string().meta({
  description: '`image`, `index`, `helm`, `signature`, `attestation`, `sbom`, `artifact` or `unknown`.',
  examples: ['image'],
});
/** '' means anonymous. */
export const person = z.string().meta({ examples: ['lin'] });

/** Of a parameter. */
export function msOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

/** Epoch milliseconds of a range; a day counts from its beginning to its end. */
export function rangeOf(from: string | undefined, to: string | undefined) {
  return { from: edgeOf(from, 0), until: edgeOf(to, DAY_MS) };
}

function edgeOf(text: string | undefined, afterDayMs: number): number | undefined {
  const day = parseDay(text ?? '');
  return day === undefined ? msOf(text) : startOfDay(day + afterDayMs);
}

const LAST_MOMENT = 8.64e15;

/** ISO 8601 in UTC. Bounded, because builders may write any number. */
export function timeOf(ms: number): string {
  return new Date(Math.abs(ms) <= LAST_MOMENT ? ms : 0).toISOString();
}

export function timeOrNull(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : timeOf(ms);
}

export const MAX_ENTRIES = 200;
const MAX_TEXT_LENGTH = 4096;

/** Truncates texts from images, so that responses have a bounded size. */
export function clip(value: string): string {
  return value.length <= MAX_TEXT_LENGTH ? value : `${value.slice(0, MAX_TEXT_LENGTH)}…`;
}

export function clipRecord(record: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(record).slice(0, MAX_ENTRIES);
  return Object.fromEntries(entries.map(([key, value]) => [clip(key), clip(value)]));
}

export function clipList<Item>(items: readonly Item[], most = MAX_ENTRIES): Item[] {
  return items.slice(0, most);
}
