import type { Database } from '../../storage/database.ts';
import { repositoryById } from '../base/repository-lookup.ts';
import { deleteRepository, lockRepository } from '../base/repository-writes.ts';
import { hasTags } from '../base/tag-lookup.ts';
import { hideRepository } from '../visibility/membership.ts';
import { changeRepository } from './repository-change.ts';

export interface KnownRepository {
  readonly id: number;
  readonly name: string;
  readonly changed_at: number;
}

const DIGESTS_AT_ONCE = 500;

/**
 * Removes a repository from the index; descriptions, trash and history stay, because they refer to it by name. For use
 * in a transaction.
 * @returns false when it changed meanwhile or has a tag, and stays.
 */
export async function removeRepository(trx: Database, known: KnownRepository, at: number): Promise<boolean> {
  if ((await lockRepository(trx, known.name)) !== known.id || !(await isAsKnown(trx, known))) return false;
  await releaseManifests(trx, known.id, at);
  await hideRepository(trx, known);
  await deleteRepository(trx, known.id);
  return true;
}

async function isAsKnown(trx: Database, { id, changed_at }: KnownRepository): Promise<boolean> {
  const row = await repositoryById(trx, id, ['changed_at']);
  return row?.changed_at === changed_at && !(await hasTags(trx, id));
}

/** One after the other, so that shared blobs are counted correctly. */
async function releaseManifests(trx: Database, repositoryId: number, at: number): Promise<void> {
  const rows = await trx
    .selectFrom('held_manifests')
    .select('digest')
    .where('repository_id', '=', repositoryId)
    .execute();
  const digests = rows.map((row) => row.digest);
  for (let start = 0; start < digests.length; start += DIGESTS_AT_ONCE) {
    await changeRepository(trx, repositoryId, { unlinked: digests.slice(start, start + DIGESTS_AT_ONCE) }, at);
  }
}
