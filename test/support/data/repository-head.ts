/** What stands above the tabs of a repository, for tests that draw them. */
import type { RepositoryRow } from '../../../server/catalog/lists/repositories.ts';
import { type HeadFacts, headView } from '../../../server/web/repositories/repository-head.ts';
import { repositoryRow, UP } from './browse-facts.ts';

export function headFor(page: HeadFacts['page'], overrides: Partial<HeadFacts> = {}) {
  const repository: RepositoryRow = repositoryRow();
  return headView({
    ...{
      page,
      repository,
      readonly: false,
      tab: 'tags',
      open: null,
      undo: null,
      index: UP,
      trash: { total: 2, isExact: true },
    },
    description: 'Edge gateway of the public API. Owned by Platform.',
    about: undefined,
    stars: { count: 3, isOn: false },
    ...overrides,
  });
}

/** Nobody wrote or starred anything. */
export const NO_WORDS = {
  descriptions: { find: async () => undefined },
  readRepositorySummary: async () => undefined,
  stars: { isStarred: async () => false, count: async () => 0 },
  publicAccess: { state: async () => ({ isPublic: false, isOwn: false, wider: [], limited: [] }) },
};
