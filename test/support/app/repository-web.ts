/** The pages of a repository over a fresh database: everything real but the registry, which only notes what it should delete. */
import { createAccess } from '../../../server/access/engine.ts';
import { createPublicAccess } from '../../../server/access/public.ts';
import { createRepositoryAccess } from '../../../server/access/repository-access.ts';
import { createSingleRuleRoles } from '../../../server/access/single-rule.ts';
import { createActivity } from '../../../server/catalog/activity/activity.ts';
import { createImages } from '../../../server/catalog/images/images.ts';
import { readAbout } from '../../../server/catalog/images/repository-about.ts';
import { createDescriptions } from '../../../server/catalog/lists/descriptions.ts';
import { createRepositoryStore } from '../../../server/catalog/lists/repositories.ts';
import { createStars } from '../../../server/catalog/lists/stars.ts';
import { createTagStore } from '../../../server/catalog/lists/tags.ts';
import { createDocuments } from '../../../server/catalog/manifests/documents.ts';
import { createDescriptionUseCases } from '../../../server/catalog/use-cases/descriptions.ts';
import { createSetStar } from '../../../server/catalog/use-cases/stars.ts';
import { createVisibility, isVisibleName } from '../../../server/catalog/visibility/visibility.ts';
import type { SelectionRequest } from '../../../server/housekeeping/delete-selection.ts';
import { readSelectionPlan } from '../../../server/housekeeping/selection-plan.ts';
import { createTrash, type Trash } from '../../../server/housekeeping/trash.ts';
import { countTrash } from '../../../server/housekeeping/trash-list.ts';
import { createDeletionUseCases, type DeletionUseCasesDeps } from '../../../server/housekeeping/use-cases/deletion.ts';
import { createLogger } from '../../../server/log.ts';
import { createEventStore } from '../../../server/notifications/events.ts';
import { type SelectionPageDeps, selectionPage } from '../../../server/web/housekeeping/selection.ts';
import { imagePage } from '../../../server/web/image/image.ts';
import type { ImagePageDeps } from '../../../server/web/image/image-deps.ts';
import { type PublicPageDeps, publicPage } from '../../../server/web/repositories/public.ts';
import { type RepositoriesPageDeps, repositoriesPage } from '../../../server/web/repositories/repositories.ts';
import { type RepositoryTabsDeps, repositoryTabsPage } from '../../../server/web/repositories/repository-tabs.ts';
import { UP } from '../data/browse-facts.ts';
import { startWeb, type TestWeb } from './web.ts';

type Deps = RepositoryTabsDeps & ImagePageDeps & SelectionPageDeps & PublicPageDeps & RepositoriesPageDeps;

export interface RepositoryWeb {
  readonly web: TestWeb;
  /** What was asked for, in its order. */
  readonly deleted: readonly SelectionRequest[];
}

/** What is no function, and no object with functions. */
const PLAIN = { host: 'registry.example.com', readonly: false };

export async function startRepositoryWeb(adminPassword: string): Promise<RepositoryWeb> {
  const deleted: SelectionRequest[] = [];
  const made: { deps?: Deps } = {};
  // The database comes with the web that these pages are given to.
  const lazy = new Proxy({} as Deps, {
    get: (_, key) =>
      key in PLAIN || key === 'firstRun'
        ? Reflect.get(PLAIN, key)
        : new Proxy(() => undefined, {
            get: (_target, name) => Reflect.get(Object(Reflect.get(made.deps ?? {}, key)), name),
            apply: (_target, _self, given) =>
              (Reflect.get(made.deps ?? {}, key) as (...all: unknown[]) => unknown)(...given),
          }),
  });
  const web = await startWeb({
    adminPassword,
    pages: [repositoryTabsPage(lazy), imagePage(lazy), selectionPage(lazy), publicPage(lazy), repositoriesPage(lazy)],
  });
  made.deps = depsOf(web, deleted);
  return { web, deleted };
}

function depsOf({ db, audit, users, useCases }: TestWeb, deleted: SelectionRequest[]): Deps {
  const log = createLogger('silent');
  const access = createAccess(db);
  const trash = createTrash(db, Date.now);
  const descriptions = createDescriptions({ db, now: Date.now });
  const stars = createStars({ db });
  return {
    ...{ ...PLAIN, indexState: () => UP, opened: () => undefined, access, audit, users },
    granting: useCases.grants,
    visibility: createVisibility(db),
    repositories: createRepositoryStore(db),
    tags: createTagStore(db),
    images: createImages({ db, fetchManifest: async () => false, log }),
    documents: createDocuments({ db, getBlob: async () => undefined, now: Date.now, log }),
    descriptions,
    readAbout: (repository) => readAbout(db, repository),
    stars,
    publicAccess: createPublicAccess({ access, single: createSingleRuleRoles(db) }),
    activity: createActivity({ db, now: Date.now }),
    events: createEventStore(db, isVisibleName),
    repositoryAccess: createRepositoryAccess(db),
    deletion: {
      trash: { ...trash, count: (repository) => countTrash(db, repository) },
      planSelection: (seen, id, selection) => readSelectionPlan(db, seen, id, selection),
      planUntagged: (seen, id) => readSelectionPlan(db, seen, id, { tags: [], images: [], digests: [] }),
    },
    describing: createDescriptionUseCases({ descriptions, audit }),
    setStar: createSetStar(stars),
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
