/** The pages of a repository over a fresh database: everything real but the registry, which only notes what it should delete. */
import { createRepositoryAccess } from '../../../server/access/repository-access.ts';
import { createActivity } from '../../../server/catalog/activity/activity.ts';
import { readRepositorySummary } from '../../../server/catalog/images/repository-summary.ts';
import { createDescriptionUseCases } from '../../../server/catalog/use-cases/descriptions.ts';
import { createSetStar } from '../../../server/catalog/use-cases/stars.ts';
import { createVisibility, isVisibleName } from '../../../server/catalog/visibility/visibility.ts';
import type { SelectionRequest } from '../../../server/housekeeping/delete-selection.ts';
import { readSelectionPlan } from '../../../server/housekeeping/selection-plan.ts';
import { createTrash, type Trash } from '../../../server/housekeeping/trash.ts';
import { countTrash } from '../../../server/housekeeping/trash-list.ts';
import { createDeletionUseCases, type DeletionUseCasesDeps } from '../../../server/housekeeping/use-cases/deletion.ts';
import { createEventStore } from '../../../server/notifications/events.ts';
import { type SelectionPageDeps, selectionPage } from '../../../server/web/housekeeping/selection.ts';
import { imagePage } from '../../../server/web/image/image.ts';
import type { ImagePageDeps } from '../../../server/web/image/image-deps.ts';
import { type PublicPageDeps, publicPage } from '../../../server/web/repositories/public.ts';
import { type RepositoriesPageDeps, repositoriesPage } from '../../../server/web/repositories/repositories.ts';
import { type RepositoryTabsDeps, repositoryTabsPage } from '../../../server/web/repositories/repository-tabs.ts';
import { UP } from '../data/browse-facts.ts';
import { startWeb, type TestParts, type TestWeb } from './web.ts';

type Deps = RepositoryTabsDeps & ImagePageDeps & SelectionPageDeps & PublicPageDeps & RepositoriesPageDeps;

export interface RepositoryWeb {
  readonly web: TestWeb;
  /** What was asked for, in its order. */
  readonly deleted: readonly SelectionRequest[];
}

export async function startRepositoryWeb(adminPassword: string): Promise<RepositoryWeb> {
  const deleted: SelectionRequest[] = [];
  const web = await startWeb({
    adminPassword,
    pages(parts) {
      const deps = depsOf(parts, deleted);
      return [
        ...[repositoryTabsPage(deps), imagePage(deps), selectionPage(deps), publicPage(deps)],
        repositoriesPage(deps),
      ];
    },
  });
  return { web, deleted };
}

function depsOf({ db, core, stores, useCases, now }: TestParts, deleted: SelectionRequest[]): Deps {
  const { audit } = core;
  const trash = createTrash(db, now);
  return {
    ...core,
    ...stores,
    ...{ host: 'registry.example.com', readonly: false, indexState: () => UP, opened: () => undefined },
    granting: useCases.grants,
    visibility: createVisibility(db),
    readRepositorySummary: (repository) => readRepositorySummary(db, repository),
    activity: createActivity({ db, now }),
    events: createEventStore(db, isVisibleName),
    repositoryAccess: createRepositoryAccess(db),
    deletion: {
      trash: { ...trash, count: (repository) => countTrash(db, repository) },
      planSelection: (seen, id, selection) => readSelectionPlan(db, seen, id, selection),
      planUntagged: (seen, id) => readSelectionPlan(db, seen, id, { tags: [], images: [], digests: [] }),
    },
    describing: createDescriptionUseCases({ descriptions: stores.descriptions, audit }),
    setStar: createSetStar(stores.stars),
    deleting: createDeletionUseCases({ deletion: noting(deleted, trash), isReadonly: false, audit }),
  };
}

/** Deletes nothing, and notes what was asked for. */
function noting(deleted: SelectionRequest[], trash: Trash): DeletionUseCasesDeps['deletion'] {
  const never = () => Promise.reject(new Error('There is no registry in this test'));
  return {
    ...{ trash, deleteTag: never, restore: never },
    async deleteSelection(request) {
      deleted.push(request);
      return { items: [], manifests: [], undoId: undefined };
    },
  };
}
