import { AppError, errorText } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { RegistryClient } from '../registry/client.ts';
import { isOverload } from '../registry/failure.ts';
import type { Database } from '../storage/database.ts';
import { createLocks, forEachBounded } from './concurrency.ts';
import type { ManifestRecord } from './manifest-record.ts';
import { createManifestSource, type FetchedTree } from './manifest-source.ts';
import { linkManifest, saveManifests } from './manifest-store.ts';
import { createPatience } from './patience.ts';
import { sumUpRepository } from './rollups.ts';
import {
  type DroppedTag,
  dropTags,
  ensureRepository,
  markMissing,
  notePush,
  type Push,
  putTag,
  unlinkManifest,
} from './tag-writes.ts';

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

/** Why we look at a tag: what a missing one means, and what may be said of who pushed it. */
export interface TagCheck {
  readonly name: string;
  /** A push that somebody reported: of this digest. */
  readonly push?: (Push & { readonly digest: string | null }) | undefined;
  /** Somebody reported its deletion, so one 404 is enough. */
  readonly isDeletionReported?: boolean | undefined;
  /** A complete list lacks it: a second 404, minutes after the first, takes it away. */
  readonly isUnlisted?: boolean | undefined;
}

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

/** `unreadable`: it is there, but its manifest could not be read. `unknown`: no clear answer, so nothing changed. */
export type TagState = 'present' | 'unreadable' | 'gone' | 'missing' | 'unknown';

interface Look {
  readonly check: TagCheck;
  readonly state: 'present' | 'unreadable' | 'absent';
  readonly digest: string;
  readonly records: readonly ManifestRecord[];
}

const TAGS_AT_ONCE = 50;
const REQUESTS_AT_ONCE = 8;

/**
 * Brings tags in line with the registry. What it says counts, whatever events claim; a call that fails changes nothing.
 * The network comes first, then one transaction per batch.
 */
export function createRefresh(deps: RefreshDeps, shared: Shared = createShared(() => performance.now())) {
  const { db, client, now, log } = deps;
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
    const at = now();
    const dropped: DroppedTag[] = [];
    let isChanged = false;
    await db.transaction().execute(async (trx) => {
      const known = await knownRepository(trx, repository);
      // Made-up events must not make rows.
      if (known === undefined && looks.every(({ state }) => state === 'absent')) {
        for (const { check } of looks) states.set(check.name, 'gone');
        return;
      }
      const id = known ?? (await ensureRepository(trx, repository, at));
      for (const { state, ...found } of looks) {
        const key = `${repository}:${found.check.name}`;
        if (state !== 'absent') {
          patience.forget(key);
          isChanged = (await writeFound(trx, id, found, at)) || isChanged;
        }
        const isOver = () => patience.isOver(key);
        const result = state === 'absent' ? await writeAbsent(trx, id, found.check, at, isOver, dropped) : state;
        if (result === 'gone') patience.forget(key);
        states.set(found.check.name, result);
      }
      isChanged ||= dropped.length > 0;
      if (isChanged) await sumUpRepository(trx, id);
    });
    if (dropped.length > 0) deps.onGone(repository, dropped);
    if (isChanged) deps.onChanged(repository);
  }

  function drop(repository: string, names: readonly string[], also?: TransactionStep): Promise<void> {
    const keys = names.map((name) => `${repository}:${name}`);
    return holdAll(keys, async () => {
      await changeKnown(db, repository, async (trx, id) => {
        await dropTags(trx, id, names);
        await also?.(trx, id);
      });
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
          await saveManifests(trx, records, at);
          await linkManifest(trx, id, digest, at);
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
        await noteChecked(db, repository, {
          checked_at: now(),
          error: problem,
          ...(isRead ? { crawl_id: crawlId } : {}),
        });
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
      await changeKnown(db, repository, (trx, id) => unlinkManifest(trx, id, digest));
      deps.onChanged(repository);
    },

    /** Our own deletion was confirmed by the registry. Waits for looks that began before it. */
    forgetTag: (repository: string, tag: string) => drop(repository, [tag]),

    /** With every tag on it: the registry removes those itself. */
    async forgetManifest(repository: string, digest: string): Promise<void> {
      await drop(repository, await tagsOn(db, repository, digest), (trx, id) => unlinkManifest(trx, id, digest));
    },
  };
}
export type Refresh = ReturnType<typeof createRefresh>;

async function writeFound(
  trx: Database,
  id: number,
  { check, digest, records }: Omit<Look, 'state'>,
  at: number,
): Promise<boolean> {
  await saveManifests(trx, records, at);
  await linkManifest(trx, id, digest, at);
  // The report of another digest is about a push that was overtaken.
  const push = check.push?.digest === digest || check.push?.digest === null ? check.push : undefined;
  const isChanged = await putTag(trx, id, { name: check.name, digest, push }, at);
  if (push !== undefined && (isChanged || push.confirmed)) await notePush(trx, id, push);
  return isChanged || records.length > 0;
}

async function writeAbsent(
  trx: Database,
  id: number,
  check: TagCheck,
  at: number,
  isPatienceOver: () => boolean,
  dropped: DroppedTag[],
): Promise<TagState> {
  const known = await trx
    .selectFrom('tags')
    .select('id')
    .where('repository_id', '=', id)
    .where('name', '=', check.name)
    .executeTakeFirst();
  if (known === undefined) return 'gone';
  if (!check.isDeletionReported && !check.isUnlisted) return 'unknown';
  if (!check.isDeletionReported && !isPatienceOver()) {
    await markMissing(trx, id, check.name, at);
    return 'missing';
  }
  dropped.push(...(await dropTags(trx, id, [check.name])));
  return 'gone';
}

async function knownRepository(db: Database, name: string): Promise<number | undefined> {
  return (await db.selectFrom('repositories').select('id').where('name', '=', name).executeTakeFirst())?.id;
}

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

type TransactionStep = (trx: Database, repositoryId: number) => Promise<void>;

async function changeKnown(db: Database, repository: string, work: TransactionStep): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const id = await knownRepository(trx, repository);
    if (id === undefined) return;
    await work(trx, id);
    await sumUpRepository(trx, id);
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
