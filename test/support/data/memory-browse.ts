import type { RepositoryRow } from '../../../server/catalog/lists/repositories.ts';
import { EVERYTHING } from '../../../server/catalog/visibility/visibility.ts';
import * as facts from './browse-facts.ts';
import { NO_WORDS } from './repository-head.ts';

/**
 * What the browse pages read, from memory: each repository has one image, `v4.12.1` and `latest`.
 * @param rows asked for anew by every page.
 */
export function memoryBrowse(rows: () => readonly RepositoryRow[]) {
  const ends = { next: undefined, previous: undefined, isExact: true };
  return {
    ...{
      ...NO_WORDS,
      host: 'registry.example.com',
      readonly: false,
      indexState: () => facts.UP,
      opened: () => undefined,
    },
    visibility: { of: async () => EVERYTHING },
    repositories: {
      list: async () => ({ ...ends, rows: rows(), total: rows().length }),
      contents: async () => ({ ...ends, rows: rows().map((repository) => ({ repository })), total: rows().length }),
      facets: async () => ({ platforms: ['linux/amd64'], kinds: ['index'] }),
      find: async (_: unknown, name: string) => rows().find((row) => row.name === name),
      total: async () => rows().length,
    },
    tags: {
      groups: async () => ({ ...ends, rows: [facts.tagGroup(['v4.12.1', 'latest'])], total: 1 }),
      flat: async () => ({ ...ends, rows: [], total: 0 }),
      resolve: async () => facts.tagRow('v4.12.1'),
      tagsOf: async () => [],
      countReferrers: async () => 0,
    },
    images: {
      detail: async () => facts.imageDetail(),
      holders: async () => undefined,
      partsOf: async () => new Map(),
      newestTags: async () => [],
    },
    documents: { read: async () => [], glance: async () => new Map() },
  };
}
