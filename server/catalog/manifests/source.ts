import { type ContentReader, createContentReader } from '../../artifacts/reader.ts';
import { AppError, errorText } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { RegistryClient, StoredManifest } from '../../registry/client/client.ts';
import { isSingleItemFailure } from '../../registry/client/failure.ts';
import { MAX_CONFIG_BYTES } from '../../registry/documents/limits.ts';
import { isManifestType, type ParsedManifest } from '../../registry/documents/manifest.ts';
import type { Database } from '../../storage/database.ts';
import { hasReadableConfig, manifestKindOf } from '../base/kinds.ts';
import { type Budget, createManifestProof } from './proof.ts';
import { isUnreadable, type ManifestRecord, manifestRecord, NO_CONFIG, type ReadConfig } from './record.ts';
import { createManifestRetries } from './retries.ts';
import { completeManifests, storedConfig, storedManifest } from './stored-manifests.ts';

export interface ManifestSourceDeps {
  readonly db: Database;
  readonly client: Pick<RegistryClient, 'headManifest' | 'getManifest' | 'getBlob'>;
  readonly log: Logger;
  readonly reader?: ContentReader;
  readonly now: () => number;
}

/** A manifest and everything that it lists, without what the index has already. */
export interface FetchedTree {
  /** Children before the indexes that list them; empty: everything was known. */
  readonly records: readonly ManifestRecord[];
  /** Digests, fetched or known, that the registry has in this repository. */
  readonly proven: readonly string[];
  /** The registry does not have the manifest. */
  readonly isMissing: boolean;
}

/** Running fetches and their repositories. */
export interface RunningFetches {
  readonly repository: string;
  readonly tree: Promise<FetchedTree>;
}

// Nested indexes are rare; deeper nesting is an attack.
const MAX_DEPTH = 4;
/** Maximum requests for one image per check; the next check continues. */
const MAX_CHILD_REQUESTS = 300;
const NOTHING_NEW: FetchedTree = { records: [], proven: [], isMissing: false };

/**
 * Fetches manifests and configurations, each once: stored ones and running fetches are not requested again, except to
 * check whether another repository has them, too.
 * @param underway Kept until the caller has stored the records, so that two repositories with the same image cause one
 * request.
 */
export function createManifestSource(
  { db, client, log, now, reader = createContentReader() }: ManifestSourceDeps,
  underway = new Map<string, RunningFetches>(),
) {
  const retries = createManifestRetries(db, now);
  const proof = createManifestProof({ db, client, retries });

  function tree(repository: string, digest: string, level: Level): Promise<FetchedTree> {
    const known = underway.get(digest);
    if (known?.repository === repository) return known.tree;
    if (known !== undefined) return readElsewhere(known.tree, repository, digest, level);
    const fetched = fetchUnlessKnown(repository, digest, level);
    underway.set(digest, { repository, tree: fetched });
    fetched.then(
      ({ records }) => records.length === 0 && underway.delete(digest),
      () => underway.delete(digest),
    );
    return fetched;
  }

  /** The bytes are the same in all repositories; whether this one has them is checked separately. */
  async function readElsewhere(
    other: Promise<FetchedTree>,
    repository: string,
    digest: string,
    level: Level,
  ): Promise<FetchedTree> {
    const { records } = await other.catch(() => NOTHING_NEW);
    if (records.length === 0) return fetchUnlessKnown(repository, digest, level);
    const proven = await proof.proveRead(repository, records, level.budget, level.depth === 0 ? digest : '');
    return { records, proven, isMissing: false };
  }

  async function fetchUnlessKnown(repository: string, digest: string, level: Level): Promise<FetchedTree> {
    const kept = await storedManifest(db, repository, digest);
    if (kept?.isComplete) {
      return { ...NOTHING_NEW, proven: await proof.prove(repository, [digest], level.budget, digest) };
    }
    if (kept !== undefined && (await isWaiting(repository, digest))) return NOTHING_NEW;
    const stored = kept?.stored ?? (await client.getManifest(repository, digest));
    if (stored === undefined) return { ...NOTHING_NEW, isMissing: true };
    try {
      const parsed = await reader.manifest(stored.raw, stored.mediaType);
      return await withChildren(repository, stored, parsed, level);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      const record = manifestRecord(stored, undefined, NO_CONFIG, error.message);
      return { records: [record], proven: [digest], isMissing: false };
    }
  }

  async function withChildren(
    repository: string,
    stored: StoredManifest,
    parsed: ParsedManifest,
    level: Level,
  ): Promise<FetchedTree> {
    const { problem, isLacking = false, ...config } = await readConfig(repository, parsed);
    const below = await readChildren(repository, parsed, level);
    const problems = [...(problem === undefined ? [] : [problem]), ...below.problems];
    // Remaining children are fetched by the next check.
    if (below.isSettled && (isLacking || below.problems.length > 0)) await retries.failed(repository, [stored.digest]);
    const record = manifestRecord(
      stored,
      parsed,
      config,
      problems.length === 0 ? null : problems.slice(0, 3).join('; '),
    );
    const proven = [...below.proven, stored.digest];
    return { records: [...below.records, record], proven, isMissing: false };
  }

  const isWaiting = async (repository: string, digest: string): Promise<boolean> =>
    (await retries.waiting(repository, [digest])).has(digest);

  async function readChildren(repository: string, { children }: ParsedManifest, level: Level): Promise<Children> {
    if (level.depth >= MAX_DEPTH) return NO_CHILDREN;
    const listed = children.filter(({ mediaType }) => isManifestType(mediaType)).map(({ digest }) => digest);
    const known = await completeManifests(db, listed);
    const asked = [...new Set(listed)].filter((digest) => !known.has(digest));
    const waiting = await retries.waiting(repository, asked);
    const below: Child[] = [...waiting].map((digest) => ({ ...NO_CHILD, problem: missing(digest) }));
    const proven = await proof.prove(repository, [...known], level.budget);
    const open = asked.filter((digest) => !waiting.has(digest));
    const failed: string[] = [];
    for (const digest of open) {
      if (level.budget.left <= 0) break;
      level.budget.left -= 1;
      const child = await readChild(repository, digest, { ...level, depth: level.depth + 1 });
      below.push(child);
      if (child.isFailed) failed.push(digest);
    }
    await retries.failed(repository, failed);
    const isSettled =
      below.length === asked.length &&
      below.every(({ problem, isFailed }) => problem === undefined || isFailed !== false);
    const { records, problems, ...own } = summed(below, asked.length - below.length);
    return { records, problems, proven: [...proven, ...own.proven], isSettled };
  }

  /** An unreadable platform does not prevent reading the others. */
  async function readChild(repository: string, digest: string, level: Level): Promise<Child> {
    try {
      const { records, proven, isMissing } = await tree(repository, digest, level);
      return isMissing ? { records, proven, problem: missing(digest), isFailed: true } : { records, proven };
    } catch (error) {
      // An unreachable registry says nothing about a single manifest.
      return { ...NO_CHILD, problem: sentence(error, digest), isFailed: isSingleItemFailure(error) };
    }
  }

  async function readConfig(repository: string, parsed: ParsedManifest): Promise<AskedConfig> {
    const { config, ownConfig } = parsed;
    if (ownConfig !== undefined) return parsedConfig(Buffer.from(ownConfig));
    if (config === undefined || !hasReadableConfig(manifestKindOf(parsed))) return NO_CONFIG;
    // A too large configuration is no retryable problem: the image has no readable configuration.
    if (config.sizeBytes > MAX_CONFIG_BYTES) return NO_CONFIG;
    try {
      const bytes =
        (await storedConfig(db, repository, config.digest)) ?? (await client.getBlob(repository, config.digest));
      if (bytes !== undefined) return await parsedConfig(bytes);
      const problem = `The registry does not have the configuration ${config.digest} of this image`;
      return { ...NO_CONFIG, problem, isLacking: true };
    } catch (error) {
      if (isTooLarge(error)) return NO_CONFIG;
      return { ...NO_CONFIG, problem: sentence(error, config.digest) };
    }
  }

  /** Bytes that are not a configuration are stored, too: a page shows them unchanged. */
  async function parsedConfig(bytes: Buffer): Promise<ReadConfig> {
    try {
      return { bytes, image: await reader.config(bytes) };
    } catch (error) {
      if (error instanceof AppError && error.code === 'INVALID') return { bytes, image: undefined };
      throw error;
    }
  }

  function sentence(error: unknown, digest: string): string {
    log.warn({ digest, error: errorText(error) }, 'content not read');
    return error instanceof AppError ? error.message : `${digest} could not be read`;
  }

  return {
    /** @throws {AppError} UPSTREAM when the registry gives no clear answer about the manifest itself. */
    fetch: (repository: string, digest: string) =>
      tree(repository, digest, { depth: 0, budget: { left: MAX_CHILD_REQUESTS } }),

    /** Whether something of it was missing recently, so that it must not be requested yet. */
    isWaiting,
    /** The manifest was found. For use in a transaction. */
    found: retries.found,

    /** Complete manifests whose known children the repository has: they need not be fetched. */
    async complete(repository: string, digests: readonly string[]): Promise<ReadonlySet<string>> {
      const known = await completeManifests(db, digests);
      const open = await proof.withOpen(repository, [...known]);
      return new Set([...known].filter((digest) => !open.has(digest)));
    },

    /** To be called when the records are stored or discarded. */
    release(records: readonly ManifestRecord[]): void {
      for (const { digest } of records) underway.delete(digest);
    },
  };
}

interface Level {
  readonly depth: number;
  /** Shared by everything below one image. */
  readonly budget: Budget;
}

interface AskedConfig extends ReadConfig {
  readonly problem?: string;
  /** The registry does not have it: retry later. */
  readonly isLacking?: boolean;
}

interface Child extends Pick<FetchedTree, 'records' | 'proven'> {
  readonly problem?: string;
  /** The registry does not have it or fails to serve it: retry later. */
  readonly isFailed?: boolean;
}

interface Children extends Pick<FetchedTree, 'records' | 'proven'> {
  readonly problems: readonly string[];
  /** All were requested, or wait for a retry. */
  readonly isSettled: boolean;
}

const NO_CHILD: Child = { records: [], proven: [] };
const NO_CHILDREN: Children = { ...NO_CHILD, problems: [], isSettled: true };

function summed(below: readonly Child[], unreadCount: number): Omit<Children, 'isSettled'> {
  const problems = below.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  return {
    records: below.flatMap(({ records }) => records),
    proven: below.flatMap(({ proven }) => proven),
    problems: unreadCount === 0 ? problems : [...problems, `${unreadCount} more are read later`],
  };
}

function missing(digest: string): string {
  return `The registry does not have ${digest}, which this index lists`;
}

/** Too many values or bytes: the registry may send more than the manifest says. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'TOO_LARGE' || error.key === 'registryTooLarge');
}
export type ManifestSource = ReturnType<typeof createManifestSource>;
