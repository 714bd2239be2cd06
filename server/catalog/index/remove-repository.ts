import type { Database } from '../../storage/database.ts';
import { hideRepository } from '../visibility/build.ts';
import { changeRepository } from './repository-change.ts';
import { lockRepository } from './tag-writes.ts';

export interface KnownRepository {
  readonly id: number;
  readonly name: string;
  readonly changed_at: number;
}

const DIGESTS_AT_ONCE = 500;

/**
 * For a transaction. What people said about it, its trash and its history stay: they go by name.
 *
 * @returns false: it changed meanwhile, or has a tag, and stays.
 */
export async function removeRepository(trx: Database, known: KnownRepository, at: number): Promise<boolean> {
  if ((await lockRepository(trx, known.name)) !== known.id || !(await isAsKnown(trx, known))) return false;
  await releaseManifests(trx, known.id, at);
  await hideRepository(trx, known);
  await trx.deleteFrom('repositories').where('id', '=', known.id).execute();
  return true;
}

async function isAsKnown(trx: Database, { id, changed_at }: KnownRepository): Promise<boolean> {
  const row = await trx.selectFrom('repositories').select('changed_at').where('id', '=', id).executeTakeFirst();
  const tag = await trx.selectFrom('tags').select('id').where('repository_id', '=', id).limit(1).executeTakeFirst();
  return row?.changed_at === changed_at && tag === undefined;
}

/** One after the other as everywhere, so that blobs which other repositories share are counted right. */
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
