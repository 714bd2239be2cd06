import { type ContentReader, createContentReader } from '../artifacts/reader.ts';
import { AppError, errorText } from '../errors.ts';
import type { Logger } from '../log.ts';
import { CONFIG_LIMIT, type RegistryClient, type StoredManifest } from '../registry/client.ts';
import type { ParsedManifest } from '../registry/manifest.ts';
import type { Database } from '../storage/database.ts';
import { hasReadableConfig, kindOf } from './kinds.ts';
import { isUnreadable, type ManifestRecord, manifestRecord, NO_CONFIG, type ReadConfig } from './manifest-record.ts';
import { completeManifests, storedConfig, storedManifest } from './manifest-store.ts';

export interface ManifestSourceDeps {
  readonly db: Database;
  readonly client: Pick<RegistryClient, 'getManifest' | 'getBlob'>;
  readonly log: Logger;
  readonly reader?: ContentReader;
}

/** A manifest and everything it lists, as far as the index lacks it. */
export interface FetchedTree {
  /** Children before the indexes that list them; empty: all of it was known. */
  readonly records: readonly ManifestRecord[];
  /** The registry has no such manifest. */
  readonly isMissing: boolean;
}

// Indexes of indexes are rare, and deeper ones an attack.
const DEEPEST = 4;
const NOTHING_NEW: FetchedTree = { records: [], isMissing: false };

/**
 * Fetches manifests and configurations, each once: what is stored or on its way is never asked for again.
 *
 * @param underway kept until the caller has stored it, so that two repositories that share an image cause one request.
 */
export function createManifestSource(
  { db, client, log, reader = createContentReader() }: ManifestSourceDeps,
  underway = new Map<string, Promise<FetchedTree>>(),
) {
  function tree(repository: string, digest: string, depth: number): Promise<FetchedTree> {
    const known = underway.get(digest);
    if (known !== undefined) return known;
    const fetched = fetchUnlessKnown(repository, digest, depth);
    underway.set(digest, fetched);
    fetched.then(
      ({ records }) => records.length === 0 && underway.delete(digest),
      () => underway.delete(digest),
    );
    return fetched;
  }

  async function fetchUnlessKnown(repository: string, digest: string, depth: number): Promise<FetchedTree> {
    const kept = await storedManifest(db, digest);
    if (kept?.isComplete) return NOTHING_NEW;
    const stored = kept?.stored ?? (await client.getManifest(repository, digest));
    if (stored === undefined) return { records: [], isMissing: true };
    try {
      const parsed = await reader.manifest(stored.raw, stored.mediaType);
      return await withChildren(repository, stored, parsed, depth);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return { records: [manifestRecord(stored, undefined, NO_CONFIG, error.message)], isMissing: false };
    }
  }

  async function withChildren(
    repository: string,
    stored: StoredManifest,
    parsed: ParsedManifest,
    depth: number,
  ): Promise<FetchedTree> {
    const { problem, ...config } = await readConfig(repository, parsed);
    const below: ManifestRecord[] = [];
    const problems = problem === undefined ? [] : [problem];
    for (const child of depth >= DEEPEST ? [] : parsed.children) {
      const found = await readChild(repository, child.digest, depth + 1);
      below.push(...found.records);
      if (found.problem !== undefined) problems.push(found.problem);
    }
    const record = manifestRecord(
      stored,
      parsed,
      config,
      problems.length === 0 ? null : problems.slice(0, 3).join('; '),
    );
    return { records: [...below, record], isMissing: false };
  }

  /** One platform that cannot be read leaves the others readable. */
  async function readChild(
    repository: string,
    digest: string,
    depth: number,
  ): Promise<{ records: readonly ManifestRecord[]; problem?: string }> {
    try {
      const { records, isMissing } = await tree(repository, digest, depth);
      return isMissing
        ? { records, problem: `The registry does not have ${digest}, which this index lists` }
        : { records };
    } catch (error) {
      return { records: [], problem: sentence(error, digest) };
    }
  }

  async function readConfig(repository: string, parsed: ParsedManifest): Promise<ReadConfig & { problem?: string }> {
    const { config, ownConfig } = parsed;
    if (ownConfig !== undefined) return parsedConfig(Buffer.from(ownConfig));
    if (config === undefined || !hasReadableConfig(kindOf(parsed))) return NO_CONFIG;
    // What is too large is no problem that another look could solve: the image has no configuration that can be read.
    if (config.sizeBytes > CONFIG_LIMIT) return NO_CONFIG;
    try {
      const bytes = (await storedConfig(db, config.digest)) ?? (await client.getBlob(repository, config.digest));
      if (bytes !== undefined) return await parsedConfig(bytes);
      return { ...NO_CONFIG, problem: `The registry does not have the configuration ${config.digest} of this image` };
    } catch (error) {
      if (isTooLarge(error)) return NO_CONFIG;
      return { ...NO_CONFIG, problem: sentence(error, config.digest) };
    }
  }

  /** Bytes that are no configuration are kept all the same: a page shows them as they are. */
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
    fetch: (repository: string, digest: string) => tree(repository, digest, 0),

    /** Those of which nothing is missing: there is no need to fetch them. */
    complete: (digests: readonly string[]) => completeManifests(db, digests),

    /** To be called when the records are stored, or given up. */
    release(records: readonly ManifestRecord[]): void {
      for (const { digest } of records) underway.delete(digest);
    },
  };
}

/** By its values, or by its bytes: the registry may send more than the manifest says. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'TOO_LARGE' || error.key === 'registryTooLarge');
}
export type ManifestSource = ReturnType<typeof createManifestSource>;
