import type { ContentReader } from '../../artifacts/reader.ts';
import { AppError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { RegistryClient } from '../../registry/client/client.ts';
import type { Database } from '../../storage/database.ts';
import type { Transact } from '../../storage/group-commit.ts';
import { createLocks } from '../base/concurrency.ts';
import { tagsOn } from '../base/tag-lookup.ts';
import { changeRepository } from '../index/repository-change.ts';
import {
  changeKnownRepository,
  checkedColumns,
  completeTags,
  problemOf,
  recordCheck,
  recordProblem,
  unlistedTags,
} from '../index/repository-notes.ts';
import { type DroppedTag, ensureRepository } from '../index/tag-writes.ts';
import { type DropRules, type TagCheck, type TagResult, type TagState, writeTagResults } from '../index/write-looks.ts';
import { indexesListing } from '../manifests/held-lookup.ts';
import { createManifestSource, type RunningFetches } from '../manifests/source.ts';
import { createGracePeriod } from './grace-period.ts';
import { createTagReader } from './tag-reader.ts';

export type { TagCheck, TagState } from '../index/write-looks.ts';

/** The requests of the index to the registry; all only read. */
export type RegistryReader = Pick<RegistryClient, 'catalogPages' | 'tags' | 'headManifest' | 'getManifest' | 'getBlob'>;

export interface RefreshDeps {
  readonly db: Database;
  readonly client: RegistryReader;
  readonly now: () => number;
  readonly log: Logger;
  readonly reader?: ContentReader;
  readonly onChanged: (repository: string) => void;
  /** Tags were removed from the index because the registry no longer has them. */
  readonly onGone: (repository: string, tags: readonly DroppedTag[]) => void;
  /** Whether the index is held, so that nothing may be removed. @param except A repository to leave out. */
  readonly isHeld?: (except?: string) => Promise<boolean>;
  /** Group commit for bulk writers. Default: a transaction of its own each time. */
  readonly transact?: Transact;
}

/** State shared by several instances that write the same tables with different readers. */
export function createShared(clock: () => number) {
  return {
    holdAll: createLocks(),
    missingTags: createGracePeriod(clock),
    underway: new Map<string, RunningFetches>(),
  };
}
export type Shared = ReturnType<typeof createShared>;

export interface RefreshOptions {
  /** The push to record for tags that are new or moved. */
  readonly push?: TagCheck['push'];
  /** A deletion was reported: missing tags are removed after one 404. */
  readonly isDeletionReported?: boolean;
  /** We deleted something here, so this repository says nothing about a mass loss. */
  readonly isOwnDeletion?: boolean;
  /** An admin, or another check hours later, confirmed the loss. */
  readonly isLossAccepted?: boolean;
  /** Skip listed tags that are known completely. */
  readonly isKnownTrusted?: boolean;
  /** ID of the crawl that reads it. */
  readonly crawlId?: number;
  /** Ends reading between two batches; unread tags are unchanged. */
  readonly signal?: AbortSignal | undefined;
}

/** A last step in the same transaction. */
type Finish = (trx: Database, states: ReadonlyMap<string, TagState>) => Promise<void>;

interface CheckOptions {
  readonly isOwnDeletion?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly finish?: Finish;
}

interface Batch {
  readonly repository: string;
  readonly batch: readonly TagCheck[];
  readonly isOwnDeletion: boolean;
}

interface Writing {
  readonly states: Map<string, TagState>;
  readonly rules: DropRules;
  readonly finish: Finish | undefined;
}

const TAGS_AT_ONCE = 50;
const NO_TAGS: ReadonlySet<string> = new Set();

/**
 * Updates tags from the registry. The registry decides, whatever events claim; a failed request changes nothing.
 * Requests come first, then one transaction per batch.
 */
export function createRefresh(deps: RefreshDeps, shared: Shared = createShared(() => performance.now())) {
  const { db, client, now, log } = deps;
  const transact: Transact = deps.transact ?? ((work) => db.transaction().execute(work));
  const { holdAll, missingTags } = shared;
  const source = createManifestSource(deps, shared.underway);
  const look = createTagReader({ client, source, log });

  /**
   * @param finish Runs in the transaction of the last batch.
   * @returns the result for each tag; `unknown` for a tag that could not be requested and is unchanged.
   */
  async function checkTags(
    repository: string,
    checks: readonly TagCheck[],
    { signal, isOwnDeletion = false, finish = async () => undefined }: CheckOptions = {},
  ): Promise<ReadonlyMap<string, TagState>> {
    const states = new Map<string, TagState>();
    if (checks.length === 0) await transact((trx) => finish(trx, states));
    for (let start = 0; start < checks.length; start += TAGS_AT_ONCE) {
      signal?.throwIfAborted();
      const batch = checks.slice(start, start + TAGS_AT_ONCE);
      const isLast = start + TAGS_AT_ONCE >= checks.length;
      const keys = batch.map((check) => `${repository}:${check.name}`);
      // Locked from request to write, so that an older answer never overwrites a newer one.
      const ending = isLast ? finish : undefined;
      await holdAll(keys, () => checkBatch({ repository, batch, isOwnDeletion }, states, ending));
    }
    return states;
  }

  async function checkBatch(
    { repository, batch, isOwnDeletion }: Batch,
    states: Map<string, TagState>,
    finish?: Finish,
  ): Promise<void> {
    const { looks, overload } = await look(repository, batch);
    // Stops when a whole batch fails because of overload, instead of requesting thousands of tags.
    if (looks.length === 0 && overload !== undefined && batch.length === TAGS_AT_ONCE) throw overload;
    for (const { name } of batch) states.set(name, 'unknown');
    try {
      const rules = await dropRules(repository, looks, isOwnDeletion);
      await write(repository, looks, { states, rules, finish });
    } finally {
      source.release(looks.flatMap(({ records }) => records));
    }
  }

  /** Before the transaction, because it requests the registry. */
  async function dropRules(
    repository: string,
    looks: readonly TagResult[],
    isOwnDeletion: boolean,
  ): Promise<DropRules> {
    const absent = looks.filter(({ state }) => state === 'absent').map(({ check }) => check);
    const unlisted = absent.filter(({ isUnlisted, isDeletionReported }) => isUnlisted && !isDeletionReported);
    const overdue = new Set(
      unlisted.map(({ name }) => name).filter((name) => missingTags.isOver(`${repository}:${name}`)),
    );
    const mayDrop = absent.some(
      ({ name, isDeletionReported, isDeletionConfirmed }) =>
        !isDeletionConfirmed && (isDeletionReported || overdue.has(name)),
    );
    const isHeld = mayDrop && (await deps.isHeld?.(isOwnDeletion ? repository : undefined));
    return { isGracePeriodOver: (tag) => overdue.has(tag), isHeld: isHeld === true };
  }

  async function write(
    repository: string,
    looks: readonly TagResult[],
    { states, rules, finish }: Writing,
  ): Promise<void> {
    const keyOf = (tag: string): string => `${repository}:${tag}`;
    for (const { check, state } of looks) if (state !== 'absent') missingTags.clear(keyOf(check.name));
    const at = now();
    const written = await transact(async (trx) => {
      const result = await writeTagResults(trx, repository, looks, at, rules);
      await finish?.(trx, new Map([...states, ...result.states]));
      return result;
    });
    for (const [name, state] of written.states) {
      if (state === 'gone') missingTags.clear(keyOf(name));
      states.set(name, state);
    }
    if (written.dropped.length > 0) deps.onGone(repository, written.dropped);
    if (written.isChanged) deps.onChanged(repository);
  }

  function drop(repository: string, names: readonly string[], unlinked: readonly string[] = []): Promise<void> {
    const keys = names.map((name) => `${repository}:${name}`);
    return holdAll(keys, async () => {
      await changeKnownRepository(db, repository, { dropped: names, unlinked }, now());
      deps.onChanged(repository);
    });
  }

  return {
    checkTags,

    /**
     * Checks a manifest that was pushed without a tag, or that a page needs.
     * @returns whether the registry has it in this repository.
     */
    async checkManifest(repository: string, digest: string): Promise<boolean> {
      if ((await client.headManifest(repository, digest)) === undefined) return false;
      const { records, proven } = await source.fetch(repository, digest);
      try {
        await db.transaction().execute(async (trx) => {
          const at = now();
          const id = await ensureRepository(trx, repository, at);
          // Indexes that list it have a larger size now.
          const indexes = await indexesListing(trx, id, digest);
          await changeRepository(trx, id, { records, proven, linked: [digest, ...indexes] }, at);
          await source.found(trx, repository, digest);
        });
      } finally {
        source.release(records);
      }
      return true;
    },

    isWaiting: source.isWaiting,

    /** Reads the tag list of a repository and checks each tag, also known tags that are not listed. */
    async refreshRepository(repository: string, options: RefreshOptions = {}): Promise<ReadonlyMap<string, TagState>> {
      const { push, isDeletionReported, isOwnDeletion, isLossAccepted, isKnownTrusted, crawlId, signal } = options;
      try {
        const listed = await client.tags(repository);
        const missed = await unlistedTags(db, repository, listed);
        const unlisted = missed.map((name) => ({
          ...{ name, isUnlisted: true, isDeletionReported },
          isDeletionConfirmed: isLossAccepted,
        }));
        const settled = isKnownTrusted ? await completeTags(db, repository) : NO_TAGS;
        const names = [...new Set(listed)];
        const checks = names.filter((name) => !settled.has(name)).map((name) => ({ name, push }));
        const finish: Finish = async (trx, states) => {
          // An aborted read also aborts its requests, which is no problem of the repository.
          if (!signal?.aborted) await recordCheck(trx, repository, checkedColumns(states, now(), crawlId));
        };
        const states = await checkTags(repository, [...checks, ...unlisted], { signal, isOwnDeletion, finish });
        signal?.throwIfAborted();
        const problem = problemOf(states);
        if (problem !== null) log.warn({ repository, problem }, 'repository not read completely');
        const trusted = names.filter((name) => settled.has(name));
        return new Map([...trusted.map((name) => [name, 'present'] as const), ...states]);
      } catch (error) {
        if (signal?.aborted) throw error;
        await recordProblem(db, repository, error instanceof AppError ? error.message : 'It could not be read');
        throw error;
      }
    },

    /** To be called when a deletion by digest was reported. */
    async dropManifestIfGone(repository: string, digest: string, isConfirmed = true): Promise<void> {
      if ((await client.headManifest(repository, digest)) !== undefined) return;
      if (!isConfirmed && (await deps.isHeld?.())) return;
      await changeKnownRepository(db, repository, { unlinked: [digest] }, now());
      deps.onChanged(repository);
    },

    /** Removes a tag whose deletion the registry confirmed. Waits for checks that began before. */
    forgetTag: (repository: string, tag: string) => drop(repository, [tag]),

    /** Removes a manifest with all of its tags, as the registry does. */
    async forgetManifest(repository: string, digest: string): Promise<void> {
      await drop(repository, await tagsOn(db, repository, digest), [digest]);
    },
  };
}
export type Refresh = ReturnType<typeof createRefresh>;
