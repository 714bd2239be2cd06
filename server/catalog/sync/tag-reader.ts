import { errorText } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { RegistryClient } from '../../registry/client/client.ts';
import { isOverload } from '../../registry/client/failure.ts';
import { forEachBounded } from '../base/concurrency.ts';
import type { TagCheck, TagResult } from '../index/write-looks.ts';
import type { ManifestSource } from '../manifests/source.ts';

export interface TagReaderDeps {
  readonly client: Pick<RegistryClient, 'headManifest'>;
  readonly source: ManifestSource;
  readonly log: Logger;
}

export interface TagResults {
  /** Without tags that could not be requested. */
  readonly looks: readonly TagResult[];
  /** The error when some could not be requested because the registry is overloaded. */
  readonly overload: unknown;
}

type Content = Pick<TagResult, 'state' | 'records' | 'proven'>;

const REQUESTS_AT_ONCE = 8;
const KNOWN: Content = { state: 'present', records: [], proven: [] };
const ABSENT: Content = { state: 'absent', records: [], proven: [] };

/** Requests the digests of tags, then the manifests that are not known yet. */
export function createTagReader({ client, source, log }: TagReaderDeps) {
  async function pointers(repository: string, batch: readonly TagCheck[]) {
    const found = new Map<TagCheck, string | undefined>();
    let overload: unknown;
    await forEachBounded(batch, REQUESTS_AT_ONCE, async (check) => {
      try {
        found.set(check, (await client.headManifest(repository, check.name))?.digest);
      } catch (error) {
        if (isOverload(error)) overload = error;
        log.debug({ repository, tag: check.name, error: errorText(error) }, 'tag not read');
      }
    });
    return { found, overload };
  }

  /** Each digest once, and no known ones. */
  async function contents(repository: string, digests: readonly string[]): Promise<ReadonlyMap<string, Content>> {
    const complete = await source.complete(repository, digests);
    const found = new Map<string, Content>();
    await forEachBounded(digests, REQUESTS_AT_ONCE, async (digest) => {
      found.set(digest, complete.has(digest) ? KNOWN : await read(repository, digest));
    });
    return found;
  }

  /** The digest of a tag is stored even when its manifest cannot be read. */
  async function read(repository: string, digest: string): Promise<Content> {
    try {
      const { records, proven, isMissing } = await source.fetch(repository, digest);
      return { state: isMissing ? 'unreadable' : 'present', records, proven };
    } catch (error) {
      log.warn({ repository, digest, error: errorText(error) }, 'manifest not read');
      return { state: 'unreadable', records: [], proven: [] };
    }
  }

  return async function look(repository: string, batch: readonly TagCheck[]): Promise<TagResults> {
    const { found, overload } = await pointers(repository, batch);
    const digests = [...new Set(found.values())].filter((digest) => digest !== undefined);
    const content = await contents(repository, digests);
    const looks = [...found].map(([check, digest = '']) => ({ check, digest, ...(content.get(digest) ?? ABSENT) }));
    return { looks, overload };
  };
}
