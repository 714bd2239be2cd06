import { errorText } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { RegistryClient } from '../../registry/client/client.ts';
import { isOverload } from '../../registry/client/failure.ts';
import { forEachBounded } from '../base/concurrency.ts';
import type { Look, TagCheck } from '../index/write-looks.ts';
import type { ManifestSource } from '../manifests/source.ts';

export interface TagReaderDeps {
  readonly client: Pick<RegistryClient, 'headManifest'>;
  readonly source: ManifestSource;
  readonly log: Logger;
}

export interface Looks {
  /** A tag that could not be asked for is left out. */
  readonly looks: readonly Look[];
  /** Why some could not be asked for, where the registry has too much to do. */
  readonly overload: unknown;
}

type Content = Pick<Look, 'state' | 'records' | 'proven'>;

const REQUESTS_AT_ONCE = 8;
const KNOWN: Content = { state: 'present', records: [], proven: [] };
const ABSENT: Content = { state: 'absent', records: [], proven: [] };

/** Asks the registry where tags point to, then for what is not known yet of that. */
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

  /** Each image once, and what is known not at all. */
  async function contents(repository: string, digests: readonly string[]): Promise<ReadonlyMap<string, Content>> {
    const complete = await source.complete(repository, digests);
    const found = new Map<string, Content>();
    await forEachBounded(digests, REQUESTS_AT_ONCE, async (digest) => {
      found.set(digest, complete.has(digest) ? KNOWN : await read(repository, digest));
    });
    return found;
  }

  /** Where a tag points to is known even if what it points to cannot be read. */
  async function read(repository: string, digest: string): Promise<Content> {
    try {
      const { records, proven, isMissing } = await source.fetch(repository, digest);
      return { state: isMissing ? 'unreadable' : 'present', records, proven };
    } catch (error) {
      log.warn({ repository, digest, error: errorText(error) }, 'manifest not read');
      return { state: 'unreadable', records: [], proven: [] };
    }
  }

  return async function look(repository: string, batch: readonly TagCheck[]): Promise<Looks> {
    const { found, overload } = await pointers(repository, batch);
    const digests = [...new Set(found.values())].filter((digest) => digest !== undefined);
    const content = await contents(repository, digests);
    const looks = [...found].map(([check, digest = '']) => ({ check, digest, ...(content.get(digest) ?? ABSENT) }));
    return { looks, overload };
  };
}
