import { AppError, errorText } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { RegistryClient } from '../registry/client.ts';
import { isOverload } from '../registry/failure.ts';
import type { Database } from '../storage/database.ts';
import type { Transact } from '../storage/grouped.ts';
import { createLocks, forEachBounded } from './concurrency.ts';
import { createManifestSource, type FetchedTree } from './manifest-source.ts';
import { createPatience } from './patience.ts';
import { changeRepository, type RepositoryChange } from './repository-change.ts';
import { type DroppedTag, ensureRepository, lockRepository } from './tag-writes.ts';
import { type Look, type TagCheck, type TagState, writeLooks } from './write-looks.ts';

export type { TagCheck, TagState } from './write-looks.ts';

/** What the index asks the registry; only reads. */
export type RegistryReader = Pick<RegistryClient, 'catalogPages' | 'tags' | 'headManifest' | 'getManifest' | 'getBlob'>;

export interface RefreshDeps {
  readonly db: Database;
  readonly client: RegistryReader;
  readonly now: () => number;
  readonly log: Logger;
  readonly onChanged: (repository: string) => void;
  /** Tags left the index because the registry no longer has them. */
  readonly onGone: (repository: string, tags: readonly DroppedTag[]) => void;
  /** For who reads much and can wait for others to commit with. */
  readonly transact?: Transact;
}

/** For several that write the same tables with different readers. */
export function createShared(clock: () => number) {
  return {
    holdAll: createLocks(),
    patience: createPatience(clock),
    underway: new Map<string, Promise<FetchedTree>>(),
  };
}
export type Shared = ReturnType<typeof createShared>;

export interface RefreshOptions {
  /** What to note for tags that turn out to be new or moved. */
  readonly push?: TagCheck['push'];
  /** Something was just deleted here, so what the list lacks goes after one 404. */
  readonly isDeletionReported?: boolean;
  /** The crawl that reads it. */
  readonly crawlId?: number;
  /** Ends the reading between two batches; what was not read yet is left as it was. */
  readonly signal?: AbortSignal | undefined;
}

const TAGS_AT_ONCE = 50;
const REQUESTS_AT_ONCE = 8;

/**
 * Brings tags in line with the registry. What it says counts, whatever events claim; a call that fails changes nothing.
 * The network comes first, then one transaction per batch.
 */
export function createRefresh(deps: RefreshDeps, shared: Shared = createShared(() => performance.now())) {
  const { db, client, now, log } = deps;
  const transact: Transact = deps.transact ?? ((work) => db.transaction().execute(work));
  const { holdAll, patience } = shared;
  const source = createManifestSource(deps, shared.underway);

  async function look(repository: string, check: TagCheck): Promise<Look> {
    const head = await client.headManifest(repository, check.name);
    if (head === undefined) return { check, state: 'absent', digest: '', records: [] };
    return { check, digest: head.digest, ...(await read(repository, head.digest)) };
  }

  /** Where a tag points to is known even if what it points to cannot be read. */
  async function read(repository: string, digest: string): Promise<Pick<Look, 'state' | 'records'>> {
    try {
      const { records, isMissing } = await source.fetch(repository, digest);
      return { state: isMissing ? 'unreadable' : 'present', records };
    } catch (error) {
      log.warn({ repository, digest, error: errorText(error) }, 'manifest not read');
      return { state: 'unreadable', records: [] };
    }
  }

  /** @returns what became of each; a tag that could not be asked for is `unknown` and stays as it was. */
  async function checkTags(
    repository: string,
    checks: readonly TagCheck[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, TagState>> {
    const states = new Map<string, TagState>();
    for (let start = 0; start < checks.length; start += TAGS_AT_ONCE) {
      signal?.throwIfAborted();
      const batch = checks.slice(start, start + TAGS_AT_ONCE);
      const keys = batch.map((check) => `${repository}:${check.name}`);
      // Held from question to writing, so that an older answer never overwrites a newer one.
      await holdAll(keys, () => checkBatch(repository, batch, states));
    }
    return states;
  }

  async function checkBatch(
    repository: string,
    batch: readonly TagCheck[],
    states: Map<string, TagState>,
  ): Promise<void> {
    const looks: Look[] = [];
    let overload: unknown;
    await forEachBounded(batch, REQUESTS_AT_ONCE, async (check) => {
      try {
        looks.push(await look(repository, check));
      } catch (error) {
        states.set(check.name, 'unknown');
        if (isOverload(error)) overload = error;
        log.debug({ repository, tag: check.name, error: errorText(error) }, 'tag not read');
      }
    });
    // A registry that lists tags and then hangs is not asked for ten thousand of them.
    if (looks.length === 0 && overload !== undefined && batch.length === TAGS_AT_ONCE) throw overload;
    try {
      await write(repository, looks, states);
    } finally {
      source.release(looks.flatMap((found) => found.records));
    }
  }

  async function write(repository: string, looks: readonly Look[], states: Map<string, TagState>): Promise<void> {
    if (looks.length === 0) return;
    const keyOf = (tag: string): string => `${repository}:${tag}`;
    for (const { check, state } of looks) if (state !== 'absent') patience.forget(keyOf(check.name));
    const written = await writeLooks(transact, repository, looks, now(), (tag) => patience.isOver(keyOf(tag)));
    for (const [name, state] of written.states) {
      if (state === 'gone') patience.forget(keyOf(name));
      states.set(name, state);
    }
    if (written.dropped.length > 0) deps.onGone(repository, written.dropped);
    if (written.isChanged) deps.onChanged(repository);
  }

  function drop(repository: string, names: readonly string[], unlinked: readonly string[] = []): Promise<void> {
    const keys = names.map((name) => `${repository}:${name}`);
    return holdAll(keys, async () => {
      await changeKnown(db, repository, { dropped: names, unlinked }, now());
      deps.onChanged(repository);
    });
  }

  return {
    checkTags,

    /** A manifest that was pushed without a tag, or that a page asks for. @returns whether the registry has it here. */
    async checkManifest(repository: string, digest: string): Promise<boolean> {
      if ((await client.headManifest(repository, digest)) === undefined) return false;
      const { records } = await source.fetch(repository, digest);
      try {
        await db.transaction().execute(async (trx) => {
          const at = now();
          const id = await ensureRepository(trx, repository, at);
          await changeRepository(trx, id, { records, linked: [digest] }, at);
        });
      } finally {
        source.release(records);
      }
      return true;
    },

    /** Reads the whole list of a repository's tags and checks each, those that it lacks too. */
    async refreshRepository(repository: string, options: RefreshOptions = {}): Promise<ReadonlyMap<string, TagState>> {
      const { push, isDeletionReported, crawlId, signal } = options;
      try {
        const listed = await client.tags(repository);
        const missed = await tagsBeyond(db, repository, listed);
        const unlisted = missed.map((name) => ({ name, isUnlisted: true, isDeletionReported }));
        const states = await checkTags(repository, [...listed.map((name) => ({ name, push })), ...unlisted], signal);
        signal?.throwIfAborted();
        const problem = problemOf(states);
        if (problem !== null) log.warn({ repository, problem }, 'repository not read completely');
        const isRead = crawlId !== undefined && ![...states.values()].includes('unknown');
        const columns = { checked_at: now(), error: problem, ...(isRead ? { crawl_id: crawlId } : {}) };
        await transact((trx) => noteChecked(trx, repository, columns));
        return states;
      } catch (error) {
        if (signal?.aborted) throw error;
        await noteProblem(db, repository, error instanceof AppError ? error.message : 'It could not be read');
        throw error;
      }
    },

    /** A deletion by digest was reported. */
    async dropManifestIfGone(repository: string, digest: string): Promise<void> {
      if ((await client.headManifest(repository, digest)) !== undefined) return;
      await changeKnown(db, repository, { unlinked: [digest] }, now());
      deps.onChanged(repository);
    },

    /** Our own deletion was confirmed by the registry. Waits for looks that began before it. */
    forgetTag: (repository: string, tag: string) => drop(repository, [tag]),

    /** With every tag on it: the registry removes those itself. */
    async forgetManifest(repository: string, digest: string): Promise<void> {
      await drop(repository, await tagsOn(db, repository, digest), [digest]);
    },
  };
}
export type Refresh = ReturnType<typeof createRefresh>;

async function tagsBeyond(db: Database, repository: string, listed: readonly string[]): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('tags')
    .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
    .select('tags.name')
    .where('repositories.name', '=', repository)
    .execute();
  const present = new Set(listed);
  return rows.map((row) => row.name).filter((name) => !present.has(name));
}

function problemOf(states: ReadonlyMap<string, TagState>): string | null {
  const unread = [...states].filter(([, state]) => state === 'unknown' || state === 'unreadable').map(([name]) => name);
  if (unread.length === 0) return null;
  return `${unread.length} of its tags could not be read: ${unread.slice(0, 5).join(', ')}`;
}

interface CheckedColumns {
  readonly checked_at: number;
  readonly error: string | null;
  readonly crawl_id?: number;
}

async function noteChecked(db: Database, repository: string, columns: CheckedColumns): Promise<void> {
  await db.updateTable('repositories').set(columns).where('name', '=', repository).execute();
}

async function noteProblem(db: Database, repository: string, error: string): Promise<void> {
  await db.updateTable('repositories').set({ error }).where('name', '=', repository).execute();
}

async function changeKnown(db: Database, repository: string, change: RepositoryChange, at: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const id = await lockRepository(trx, repository);
    if (id !== undefined) await changeRepository(trx, id, change, at);
  });
}

export async function tagsOn(db: Database, repository: string, digest: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('tags')
    .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
    .select('tags.name')
    .where('repositories.name', '=', repository)
    .where('tags.digest', '=', digest)
    .execute();
  return rows.map((row) => row.name);
}
