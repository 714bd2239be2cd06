/** Index and deletions beside a real registry, with nothing else of the application. */
import { type Actor, COMMAND_LINE } from '../../../server/access/actor.ts';
import { createAccess } from '../../../server/access/engine.ts';
import { createStores } from '../../../server/app/stores.ts';
import type { AuditRecord } from '../../../server/audit/audit.ts';
import { createIndexer } from '../../../server/catalog/sync/indexer.ts';
import { EVERYTHING } from '../../../server/catalog/visibility/visibility.ts';
import { createDeletion } from '../../../server/housekeeping/deletion.ts';
import type { AskedSelection, Selection } from '../../../server/housekeeping/selection-plan.ts';
import { createDeletionUseCases } from '../../../server/housekeeping/use-cases/deletion.ts';
import { createLogger } from '../../../server/log.ts';
import { openTestDatabase } from '../data/database.ts';
import { type RegistryVersion, startRegistry } from '../registry/registry.ts';
import { openClient } from './catalog.ts';

export const ANN: Actor = { ...COMMAND_LINE, name: 'ann', address: '192.0.2.7' };

export async function startDeletion(version: RegistryVersion) {
  const registry = await startRegistry({ version });
  const { db, close } = await openTestDatabase();
  const client = openClient(registry.url);
  const log = createLogger('silent');
  const records: AuditRecord[] = [];
  const indexer = createIndexer({ db, client, now: Date.now, clock: () => performance.now(), log });
  const deletion = createDeletion({
    ...{ db, client, log },
    onChanged: indexer.refreshAfterDeletion,
  });
  const audit = { record: async (record: AuditRecord) => void records.push(record) };
  const deleting = createDeletionUseCases({ deletion, isReadonly: false, audit });
  const { repositories, tags, images } = createStores({
    ...{ db, access: createAccess(db), now: Date.now, log },
    ...{ fetchManifest: indexer.fetchManifest, getBlob: client.getBlob },
  });
  const idOf = async (name: string) => (await repositories.find(EVERYTHING, name))?.id ?? 0;
  return {
    ...{ url: registry.url, db, client, deletion, deleting, indexer, records, idOf },
    ...{ tags, images },
    read: (repository: string) => indexer.refreshRepository(repository),
    plan: async (repository: string, selection: Partial<AskedSelection>) =>
      deletion.planSelection(EVERYTHING, await idOf(repository), {
        ...{ tags: [], images: [], digests: [] },
        ...selection,
      }),
    remove: (repository: string, selection: Partial<Selection>, alsoUnneeded = true) =>
      deleting.deleteSelection(ANN, { repository, tags: [], digests: [], ...selection, alsoUnneeded }),
    /** Of these references, those that the registry still has. */
    async there(repository: string, references: readonly string[]): Promise<readonly string[]> {
      const found: string[] = [];
      for (const each of references) if (await client.headManifest(repository, each)) found.push(each);
      return found;
    },
    async stop(): Promise<void> {
      deletion.stop();
      await indexer.close();
      client.close();
      await close();
      await registry.stop();
    },
  };
}
export type RunningDeletion = Awaited<ReturnType<typeof startDeletion>>;
