/**
 * Removes repositories that the registry no longer has: no tags, none of the known manifests, and not in the catalog,
 * in two checks half an hour apart. No single sign is proof: some registries no longer list a repository without tags
 * but keep its manifests.
 */

import { errorText } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Database } from '../../storage/database.ts';
import { repositoriesWithoutTags } from '../base/repository-lookup.ts';
import { removeRepository } from '../index/remove-repository.ts';
import { someHeld } from '../manifests/held-lookup.ts';
import type { RegistryReader } from './refresh.ts';

export interface VanishedRemovalDeps {
  readonly db: Database;
  readonly client: Pick<RegistryReader, 'catalogPages' | 'headManifest' | 'tags'>;
  readonly now: () => number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly log: Logger;
  readonly onChanged: (repository: string) => void;
}

/** A repository is removed when it was missing in all checks over this time. */
export const MIN_MISSING_MS = 30 * 60_000;
const MAX_LOOKS = 200;
const MAX_MANIFESTS = 20;

interface Candidate {
  readonly id: number;
  readonly name: string;
  readonly changed_at: number;
}

export function createVanishedRemoval({ db, client, now, clock, log, onChanged }: VanishedRemovalDeps) {
  const missedSince = new Map<string, number>();
  let after = '';

  /** Known repositories without tags; a part of them each time, to bound the number of requests. */
  async function nextCandidates(): Promise<readonly Candidate[]> {
    const rows = await repositoriesWithoutTags(db, after, MAX_LOOKS);
    after = rows.length < MAX_LOOKS ? '' : (rows.at(-1)?.name ?? '');
    return rows;
  }

  async function isEmpty({ id, name }: Candidate): Promise<boolean> {
    if ((await client.tags(name)).length > 0) return false;
    const held = await someHeld(db, id, MAX_MANIFESTS);
    for (const digest of held) if ((await client.headManifest(name, digest)) !== undefined) return false;
    return true;
  }

  async function emptyOnes(candidates: readonly Candidate[]): Promise<Map<string, Candidate>> {
    const found = new Map<string, Candidate>();
    for (const candidate of candidates) {
      if (await isEmpty(candidate)) found.set(candidate.name, candidate);
      else missedSince.delete(candidate.name);
    }
    return found;
  }

  /** Keeps only those that the catalog does not list. */
  async function removeListed(absent: Map<string, Candidate>): Promise<void> {
    for await (const page of client.catalogPages()) {
      for (const name of page) if (absent.delete(name)) missedSince.delete(name);
    }
  }

  function isMissedLongEnough(name: string): boolean {
    const since = missedSince.get(name) ?? clock();
    missedSince.set(name, since);
    return clock() - since >= MIN_MISSING_MS;
  }

  async function remove({ id, name, changed_at }: Candidate): Promise<void> {
    missedSince.delete(name);
    const isRemoved = await db.transaction().execute((trx) => removeRepository(trx, { id, name, changed_at }, now()));
    if (!isRemoved) return;
    log.info({ repository: name }, 'the registry no longer has this repository: removed from the index');
    onChanged(name);
  }

  /** One check. A failed request means unknown, so nothing is removed. */
  async function runOnce(): Promise<void> {
    const absent = await emptyOnes(await nextCandidates());
    if (absent.size === 0) return;
    await removeListed(absent);
    for (const candidate of absent.values()) if (isMissedLongEnough(candidate.name)) await remove(candidate);
  }

  return async function removeVanished(): Promise<void> {
    try {
      await runOnce();
    } catch (error) {
      log.debug({ error: errorText(error) }, 'repositories without tags not looked at');
    }
  };
}
