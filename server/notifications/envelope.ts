import { createHash } from 'node:crypto';
import { canonicalAddress } from '../http/client-address.ts';
import { isDigest, isRepositoryName, isTag } from '../registry/reference.ts';

/** One event as the registry sent it, cut to sane lengths. */
export interface ParsedEvent {
  /** The registry's own id, the same on every retry; else a hash of the content. */
  readonly eventId: string;
  readonly at: number;
  readonly action: string;
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
  readonly mediaType: string;
  readonly sizeBytes: number | null;
  readonly fromRepository: string | null;
  readonly actor: string;
  readonly address: string;
  readonly userAgent: string;
  readonly method: string;
  readonly instanceId: string;
  /** Manifests, tags and repositories; false for blobs. */
  readonly ofManifest: boolean;
}

export interface ParsedEnvelope {
  readonly events: readonly ParsedEvent[];
  /** Why something in it could not be understood; the envelope is then kept aside. */
  readonly error: string | undefined;
}

// Registries send one event per envelope, though the format allows many.
const MOST_EVENTS = 500;
// A manifest of 4 MiB has some 30 000 references of seven marks each; hostile JSON has millions and stalls the process.
const MOST_MARKS = 400_000;
const DEEPEST = 32;
const LONGEST_ID = 128;
const LONGEST_TEXT = 256;

type Json = Readonly<Record<string, unknown>>;

/**
 * Never throws: the registry would repeat what we refuse for ever, so odd content is told apart, not rejected.
 * @param receivedAt stands in for a missing or unreadable timestamp.
 * @see https://distribution.github.io/distribution/about/notifications/#envelope
 */
export function parseEnvelope(body: Buffer, receivedAt: number): ParsedEnvelope {
  const unsafe = tooComplex(body);
  if (unsafe !== undefined) return { events: [], error: unsafe };
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    return { events: [], error: 'not JSON' };
  }
  const entries = asObject(json)?.['events'];
  if (!Array.isArray(entries)) return { events: [], error: 'no list of events' };
  const parsed = entries.slice(0, MOST_EVENTS).map((entry) => parseEvent(entry, receivedAt));
  const odd = parsed.find((each) => typeof each === 'string');
  const error = entries.length > MOST_EVENTS ? `${entries.length} events, only ${MOST_EVENTS} read` : odd;
  return { events: parsed.filter((each) => typeof each !== 'string'), error };
}

/** Looks at the bytes before the parser does: depth, and the number of values. */
function tooComplex(body: Buffer): string | undefined {
  let depth = 0;
  let marks = 0;
  let inText = false;
  for (let index = 0; index < body.length; index += 1) {
    const byte = body[index];
    if (inText) {
      if (byte === 0x5c) index += 1;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x2c || byte === 0x3a) marks += 1;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      marks += 1;
      if (depth > DEEPEST) return 'nested too deeply';
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return marks > MOST_MARKS ? 'too many values' : undefined;
}

/** The reason, where the entry is no event. */
function parseEvent(entry: unknown, receivedAt: number): ParsedEvent | string {
  const event = asObject(entry);
  if (event === undefined) return 'an event that is no object';
  const target = asObject(event['target']) ?? {};
  const request = asObject(event['request']) ?? {};
  const action = text(event['action']);
  const repository = text(target['repository']);
  if (action === '') return 'an event without action';
  if (!isRepositoryName(repository)) return 'an event without a repository name';
  const tag = text(target['tag']);
  const digest = text(target['digest']);
  return {
    eventId: idOf(event),
    at: timeOf(event['timestamp'], receivedAt),
    action,
    repository,
    tag: isTag(tag) ? tag : null,
    digest: isDigest(digest) ? digest : null,
    mediaType: text(target['mediaType']),
    sizeBytes: sizeOf(target['size']) ?? sizeOf(target['length']),
    fromRepository: text(target['fromRepository']) || null,
    actor: text(asObject(event['actor'])?.['name']),
    address: addressOf(text(request['addr'])),
    userAgent: text(request['useragent']),
    method: text(request['method']).toUpperCase(),
    instanceId: text(asObject(event['source'])?.['instanceID']),
    ofManifest: isOfManifest(action, target),
  };
}

function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** Names are shown and logged: no control characters, no half of a surrogate pair. */
function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, LONGEST_TEXT).replace(/[\p{Cc}\p{Cs}]/gu, '') : '';
}

function idOf(event: Json): string {
  const id = event['id'];
  if (typeof id === 'string' && id !== '' && id.length <= LONGEST_ID) return id;
  return `sha256:${createHash('sha256').update(JSON.stringify(event)).digest('hex')}`;
}

/** RFC 3339 with nanoseconds; the parser of the platform reads the first three digits of them. */
function timeOf(value: unknown, receivedAt: number): number {
  const at = typeof value === 'string' && value.length < 64 ? Date.parse(value) : Number.NaN;
  return Number.isFinite(at) && at > 0 ? at : receivedAt;
}

function sizeOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** `192.0.2.7:43210`, `[2001:db8::1]:443`, or the bare address that a proxy's header gave. */
function addressOf(value: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(value);
  if (bracketed !== null) return canonicalAddress(bracketed[1] ?? '');
  const withPort = /^([^:]+):\d+$/.exec(value);
  return canonicalAddress(withPort?.[1] ?? value);
}

/** A delete names neither media type nor URL; blobs are hardly ever deleted one by one, so it counts as a manifest's. */
function isOfManifest(action: string, target: Json): boolean {
  if (action === 'mount') return false;
  return target['mediaType'] !== 'application/octet-stream' && !isBlobUrl(target['url']);
}

/** By the last two parts of its path: a repository may be called `team/blobs/app`. */
function isBlobUrl(url: unknown): boolean {
  return typeof url === 'string' && /\/blobs\/[^/]*$/.test(url);
}
