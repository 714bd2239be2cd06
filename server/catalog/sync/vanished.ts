/**
 * Repositories that the registry no longer has leave the index when readings that lie apart agree: no tags, none of their
 * manifests, and not in the whole catalog. No single one of these is proof: some registries forget a repository in their
 * lists with its last tag, and keep its manifests.
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
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
  readonly log: Logger;
  readonly onChanged: (repository: string) => void;
}

/** Two readings further apart than this agree on what is gone. */
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

  /** Without tags, as far as is known. A share of them each time, so that many cost no more than a few. */
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

  /** What remains is in no page of it. */
  async function takeOutListed(absent: Map<string, Candidate>): Promise<void> {
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

  /** One reading. A call that fails means unknown, so nothing goes. */
  async function look(): Promise<void> {
    const absent = await emptyOnes(await nextCandidates());
    if (absent.size === 0) return;
    await takeOutListed(absent);
    for (const candidate of absent.values()) if (isMissedLongEnough(candidate.name)) await remove(candidate);
  }

  return async function removeVanished(): Promise<void> {
    try {
      await look();
    } catch (error) {
      log.debug({ error: errorText(error) }, 'repositories without tags not looked at');
    }
  };
}
