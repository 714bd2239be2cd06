/** The pages below `/repositories/team/app/-/`, all with one head. */
import { notFoundOrHidden } from '../../access/actor.ts';
import type { RepositoryRow, RepositoryStore } from '../../catalog/lists/repositories.ts';
import type { Visibility, VisibilityStore } from '../../catalog/visibility/visibility.ts';
import { referenceOf, repositoryRoute } from '../parts/reference.ts';
import type { ImpersonalPage, Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { type RepositoryPageDeps, showTags } from './repository.ts';
import { type AboutTabDeps, saveDescription, showAbout, showEditor } from './repository-about.ts';
import { type AccessTabDeps, showAccess } from './repository-access.ts';
import { type ActivityTabDeps, showActivity } from './repository-activity.ts';
import { type DeleteTagsDeps, showDeleteTags } from './repository-delete.ts';
import { type StarDeps, starRepository } from './repository-star.ts';

export interface FindDeps {
  readonly visibility: VisibilityStore;
  readonly repositories: Pick<RepositoryStore, 'find'>;
}

export type RepositoryTabsDeps = FindDeps &
  RepositoryPageDeps &
  AboutTabDeps &
  AccessTabDeps &
  ActivityTabDeps &
  DeleteTagsDeps &
  StarDeps;

export interface AskedRepository {
  readonly seen: Visibility;
  readonly repository: RepositoryRow;
}

/** @throws {AppError} NOT_FOUND for what is not there, and for what the viewer may not pull. */
export async function findAsked(deps: FindDeps, page: ImpersonalPage, path: string): Promise<AskedRepository> {
  const seen = await deps.visibility.of(page.viewer.rights, page.origin.address);
  const repository = await deps.repositories.find(seen, nameOf(path));
  if (repository === undefined) throw notFoundOrHidden();
  return { seen, repository };
}

/** @throws {AppError} NOT_FOUND for a tag or a digest. */
function nameOf(path = ''): string {
  const reference = referenceOf(path);
  if ('tag' in reference || 'digest' in reference) throw notFoundOrHidden();
  return reference.repository;
}

export function repositoryTabsPage(deps: RepositoryTabsDeps): PageModule {
  return (routes) => {
    const asked = (page: Page, path: string | undefined) => findAsked(deps, page, path ?? '');
    routes.get(repositoryRoute('untagged'), 'browse', async (page, { params }) => {
      const name = nameOf(params[0]);
      const find = async (impersonal: ImpersonalPage) => (await findAsked(deps, impersonal, name)).repository;
      await showTags(deps, page, { name, find, view: 'untagged' });
    });
    routes.get(repositoryRoute('activity'), 'browse', async (page, { params }) => {
      await showActivity(deps, page, (await asked(page, params[0])).repository);
    });
    routes.get(repositoryRoute('access'), 'browse', async (page, { params }) => {
      await showAccess(deps, page, (await asked(page, params[0])).repository);
    });
    routes.get(repositoryRoute('about'), 'browse', async (page, { params }) => {
      await showAbout(deps, page, (await asked(page, params[0])).repository);
    });
    routes.get(repositoryRoute('about/edit'), 'browse', async (page, { params }) => {
      await showEditor(deps, page, (await asked(page, params[0])).repository);
    });
    const save = async (page: Page, path: string | undefined) =>
      saveDescription(deps, page, (await asked(page, path)).repository);
    routes.post(repositoryRoute('about/edit'), 'browse', (page, { params }) => save(page, params[0]), { size: 'long' });
    routes.get(repositoryRoute('delete'), 'browse', async (page, { params }) => {
      await showDeleteTags(deps, page, (await asked(page, params[0])).repository);
    });
    for (const isOn of [true, false]) {
      routes.post(repositoryRoute(isOn ? 'star' : 'unstar'), 'signed-in', async (page, { params }) => {
        await starRepository(deps, page, (await asked(page, params[0])).repository, isOn);
      });
    }
  };
}
