import { LRUCache } from 'lru-cache';
import type { Database } from '../../storage/database.ts';
import { addPull } from '../base/repository-writes.ts';
import { addPullOfManifest } from '../index/held-writes.ts';
import { recordPull } from '../index/tag-history.ts';
import { addPullOfTag } from '../index/tag-writes.ts';
import { isListedIn } from '../manifests/manifest-lookup.ts';

/** A request for a manifest, as the registry reported it. */
export interface PullEvent {
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
  readonly actor: string;
  readonly at: number;
  readonly method: string;
  readonly userAgent: string;
  readonly address: string;
}

/** A pull to count. `tag` may be one that the client requested just before. */
export interface Pull {
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
  readonly at: number;
}

interface Seen {
  readonly digest: string;
  readonly tag: string | null;
  readonly at: number;
}

/** By client. */
type Memory = LRUCache<string, readonly Seen[]>;

/** Maximum time between the request of a tag and that of its digest by one client. */
const JOIN_WITHIN_MS = 60_000;
const MAX_CLIENTS = 5000;
const MAX_PER_CLIENT = 50;
const OWN_AGENT = /^registry-web\//;

/**
 * Counts a pull once per image and client: containerd sends HEAD for the tag and GET for the digest, and an index is
 * followed by one of its manifests; neither counts twice.
 */
export function createPulls(db: Database) {
  const asked: Memory = new LRUCache({ max: MAX_CLIENTS });
  const fetched: Memory = new LRUCache({ max: MAX_CLIENTS });

  /** @returns undefined for a request that belongs to another pull. */
  async function read(event: PullEvent): Promise<Pull | undefined> {
    if (isOwnRequest(event)) return undefined;
    const client = [event.repository, event.address, event.actor].join('\n');
    const seen = { digest: event.digest ?? '', tag: event.tag || null, at: event.at };
    if (event.method !== 'GET') {
      if (event.method === 'HEAD' && seen.tag !== null) remember(asked, client, seen);
      return undefined;
    }
    if (seen.tag === null && (await isPartOfPull(event, recent(fetched, client, event.at)))) return undefined;
    const tag = seen.tag ?? askedTag(recent(asked, client, event.at), seen.digest);
    remember(fetched, client, seen);
    return { repository: event.repository, tag, digest: event.digest, at: event.at };
  }

  async function isPartOfPull({ digest }: PullEvent, before: readonly Seen[]): Promise<boolean> {
    const parents = before.map((pull) => pull.digest).filter((parent) => parent !== '' && parent !== digest);
    if (parents.length === 0 || !digest) return false;
    return isListedIn(db, digest, parents);
  }

  return { read };
}
export type Pulls = ReturnType<typeof createPulls>;

/** Our own requests do not count as usage. */
export function isOwnRequest({ userAgent }: Pick<PullEvent, 'userAgent'>): boolean {
  return OWN_AGENT.test(userAgent);
}

function remember(memory: Memory, client: string, seen: Seen): void {
  memory.set(client, [...recent(memory, client, seen.at), seen].slice(-MAX_PER_CLIENT));
}

function recent(memory: Memory, client: string, at: number): readonly Seen[] {
  return (memory.get(client) ?? []).filter((seen) => Math.abs(at - seen.at) <= JOIN_WITHIN_MS);
}

function askedTag(before: readonly Seen[], digest: string): string | null {
  return before.findLast((seen) => seen.digest === digest)?.tag ?? null;
}

/** For use in a transaction. */
export async function storePull(trx: Database, repositoryId: number, pull: Pull): Promise<void> {
  const { repository, tag, digest, at } = pull;
  await addPull(trx, repositoryId, at);
  const pointed = tag === null ? undefined : await addPullOfTag(trx, repositoryId, tag, at);
  const pulled = digest || pointed;
  await recordPull(trx, { repository, tag: tag ?? '', digest: pulled ?? '', at });
  if (pulled) await addPullOfManifest(trx, repositoryId, pulled, at);
}
