/** Recomputes everything derived from tags and manifests, after an upgrade that derives it differently. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ContentReader, createContentReader } from '../../artifacts/reader.ts';
import type { Database } from '../../storage/database.ts';
import { createSettings } from '../../storage/settings.ts';
import { folderOf } from '../base/folders.ts';
import { countRepositories, repositoriesAfter } from '../base/repository-lookup.ts';
import { lockRepositoryId } from '../base/repository-writes.ts';
import { recomputeDerived } from '../index/recompute-derived.ts';
import { heldCounts } from '../manifests/held-lookup.ts';
import { recountVisibilities } from '../visibility/recount.ts';
import { rebuildBlobsAndLabels } from './manifests.ts';
import { rederiveManifests } from './rederive-manifests.ts';
import { pendingManifests, resetRepository } from './repository.ts';

/** Raised when rows are derived in a new way. */
const LAYOUT = '2';
const LAYOUT_KEY = 'catalog_layout';

const REPOSITORIES_AT_ONCE = 100;
// About 50 ms, for which other writers wait.
const MANIFESTS_AT_ONCE = 300;

export interface RebuildProgress {
  readonly repositoriesDone: number;
  readonly repositoriesTotal: number;
}

interface Repository {
  readonly id: number;
  readonly name: string;
  readonly held: number;
}

/**
 * To be called at every start; does nothing unless an earlier version derived rows differently.
 * @returns whether it rebuilt.
 */
export async function rebuildOldCatalog(
  db: Database,
  onProgress: (progress: RebuildProgress) => void = () => undefined,
  reader: ContentReader = createContentReader(),
): Promise<boolean> {
  if ((await createSettings(db).get(LAYOUT_KEY)) === LAYOUT) return false;
  await rebuildCatalog(db, onProgress, reader);
  return true;
}

/** In short transactions, so that others can write in between; concurrent changes remain correct. */
export async function rebuildCatalog(
  db: Database,
  onProgress: (progress: RebuildProgress) => void = () => undefined,
  reader: ContentReader = createContentReader(),
): Promise<void> {
  const settings = createSettings(db);
  const isFirst = (await settings.get(LAYOUT_KEY)) === undefined;
  await rederiveManifests(db, reader);
  await rebuildBlobsAndLabels(db, reader);
  await recountVisibilities(db);
  const repositoriesTotal = await countRepositories(db);
  let repositoriesDone = 0;
  for await (const group of groups(db)) {
    await rebuildGroup(db, group, isFirst);
    repositoriesDone += group.length;
    onProgress({ repositoriesDone, repositoriesTotal });
    await nextTurn();
  }
  await settings.set(LAYOUT_KEY, LAYOUT);
}

/** Groups small repositories, because each transaction waits for a sync; a large one has its own. */
async function* groups(db: Database): AsyncGenerator<readonly Repository[]> {
  for await (const page of pages(db)) {
    let group: Repository[] = [];
    let held = 0;
    for (const repository of page) {
      if (held + repository.held > MANIFESTS_AT_ONCE && group.length > 0) {
        yield group;
        [group, held] = [[], 0];
      }
      group.push(repository);
      held += repository.held;
    }
    yield group;
  }
}

async function* pages(db: Database): AsyncGenerator<readonly Repository[]> {
  let after = 0;
  for (;;) {
    const rows = await repositoriesAfter(db, ['id', 'name'], { after, limit: REPOSITORIES_AT_ONCE });
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.id;
    const held = await heldCounts(
      db,
      rows.map(({ id }) => id),
    );
    yield rows.map(({ id, name }) => ({ id, name, held: held.get(id) ?? 0 }));
  }
}

async function rebuildGroup(db: Database, group: readonly Repository[], isFirst: boolean): Promise<void> {
  const rest = await db.transaction().execute(async (trx) => {
    const more: (() => Promise<void>)[] = [];
    for (const { id, name } of group) {
      await resetRepository(trx, id, folderOf(name), isFirst);
      const parts = partsOf(await pendingManifests(trx, id));
      const settled = new Set<string>();
      const [first, ...others] = parts;
      if (first !== undefined) await recomputePart(trx, id, first, settled);
      if (others.length > 0) more.push(() => recomputeRest(db, id, others, settled));
    }
    return more;
  });
  for (const work of rest) await work();
}

function partsOf(digests: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(digests.length / MANIFESTS_AT_ONCE);
  return Array.from({ length: count }, (_part, index) =>
    digests.slice(index * MANIFESTS_AT_ONCE, (index + 1) * MANIFESTS_AT_ONCE),
  );
}

async function recomputeRest(
  db: Database,
  id: number,
  parts: readonly (readonly string[])[],
  settled: Set<string>,
): Promise<void> {
  for (const part of parts) {
    await nextTurn();
    await db.transaction().execute((trx) => recomputePart(trx, id, part, settled));
  }
}

/** Each manifest also updates the manifests that it affects, which are then skipped. */
async function recomputePart(trx: Database, id: number, part: readonly string[], settled: Set<string>): Promise<void> {
  const open = part.filter((digest) => !settled.has(digest));
  if (open.length === 0) return;
  // A lock against other replicas; the time of the last visible change stays.
  await lockRepositoryId(trx, id);
  const { digests } = await recomputeDerived(
    trx,
    id,
    { digests: open, linked: new Set(), proven: new Set(), unlinked: new Set() },
    0,
  );
  for (const digest of digests) settled.add(digest);
}
