import { createHash } from 'node:crypto';
import { canonicalAddress } from '../http/client-address.ts';
import { isDigest, isRepositoryName, isTag } from '../registry/documents/reference.ts';
import { findEntries } from './entries.ts';

/** One event as the registry sent it, with texts cut to a maximum length. */
export interface ParsedEvent {
  /** The registry's ID of the event, the same on every retry; without one, a hash of the content. */
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

/** Part of the events of an envelope, in order. */
export interface Portion {
  readonly events: readonly ParsedEvent[];
  /** Why a part of the envelope could not be parsed; it is then quarantined. Set on the last portion. */
  readonly error: string | undefined;
  readonly isLast: boolean;
}

const MAX_PORTION_EVENTS = 200;
const MAX_PORTION_BYTES = 512 * 1024;
const MAX_ID_LENGTH = 128;
const MAX_TEXT_LENGTH = 256;

type Json = Readonly<Record<string, unknown>>;

/**
 * Parses an envelope in portions, so that the caller can yield to other work in between. Never throws: the registry
 * would repeat a refused envelope forever. Yields at least one portion.
 * @param receivedAt Replaces a missing or invalid timestamp.
 * @see https://distribution.github.io/distribution/about/notifications/#envelope
 */
export function* readPortions(body: Buffer, receivedAt: number): Generator<Portion> {
  let error: string | undefined;
  let events: ParsedEvent[] = [];
  let bytes = 0;
  function fail(reason: string): void {
    error ??= reason;
  }
  for (const [begin, end] of findEntries(body, fail)) {
    const parsed = parseEntry(body.toString('utf8', begin, end), receivedAt);
    if (typeof parsed === 'string') fail(parsed);
    else events.push(parsed);
    bytes += end - begin;
    if (events.length < MAX_PORTION_EVENTS && bytes < MAX_PORTION_BYTES) continue;
    yield { events, error: undefined, isLast: false };
    events = [];
    bytes = 0;
  }
  yield { events, error, isLast: true };
}

function parseEntry(json: string, receivedAt: number): ParsedEvent | string {
  try {
    return parseEvent(JSON.parse(json), receivedAt);
  } catch {
    return 'not JSON';
  }
}

/** The event, or the reason why the entry is not one. */
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

/** Text without control characters and incomplete surrogate pairs, because names are shown and logged. */
function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_TEXT_LENGTH).replace(/[\p{Cc}\p{Cs}]/gu, '') : '';
}

function idOf(event: Json): string {
  const id = event['id'];
  if (typeof id === 'string' && id !== '' && id.length <= MAX_ID_LENGTH) return id;
  return `sha256:${createHash('sha256').update(JSON.stringify(event)).digest('hex')}`;
}

/** RFC 3339 with nanoseconds, of which Date.parse reads the milliseconds. */
function timeOf(value: unknown, receivedAt: number): number {
  const at = typeof value === 'string' && value.length < 64 ? Date.parse(value) : Number.NaN;
  return Number.isFinite(at) && at > 0 ? at : receivedAt;
}

function sizeOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** The address without port of `192.0.2.7:43210`, `[2001:db8::1]:443` or a bare address from a proxy's header. */
function addressOf(value: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(value);
  if (bracketed !== null) return canonicalAddress(bracketed[1] ?? '');
  const withPort = /^([^:]+):\d+$/.exec(value);
  return canonicalAddress(withPort?.[1] ?? value);
}

/**
 * A delete event has neither media type nor URL. Blobs are hardly ever deleted one by one, so it counts as a
 * manifest's.
 */
function isOfManifest(action: string, target: Json): boolean {
  if (action === 'mount') return false;
  return target['mediaType'] !== 'application/octet-stream' && !isBlobUrl(target['url']);
}

/** Decides by the last two path components: a repository may be called `team/blobs/app`. */
function isBlobUrl(url: unknown): boolean {
  return typeof url === 'string' && /\/blobs\/[^/]*$/.test(url);
}
