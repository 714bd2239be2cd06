import { z } from 'zod';
import type { GrantUseCases } from '../../access/use-cases/grants.ts';
import { AppError } from '../../errors.ts';
import { isRepositoryName } from '../../registry/documents/reference.ts';
import { referencePath } from '../parts/cells.ts';
import { repositoryRoute } from '../parts/reference.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { actorOf } from '../shell/viewer.ts';
import { PUBLIC_FOLDER_PATH } from './public-view.ts';
import { REPOSITORY_TABS, tabPath } from './repository-head.ts';
import { type FindDeps, findAsked } from './repository-tabs.ts';

export interface PublicPageDeps extends FindDeps {
  readonly granting: Pick<GrantUseCases, 'setPublic'>;
}

const wish = z.enum(['yes', 'no']);
const repositorySchema = z.strictObject({ public: wish, tab: z.string().max(20).optional() });
const folderSchema = z.strictObject({ public: wish, folder: z.string().max(255) });

/** Opens a repository or a folder to everybody, or closes it again. */
export function publicPage(deps: PublicPageDeps): PageModule {
  return (routes) => {
    routes.post(
      repositoryRoute('public'),
      'admin',
      async (page, { params }) => {
        const { repository } = await findAsked(deps, page, params[0] ?? '');
        const form = page.parseForm(repositorySchema);
        if (!form.ok) throw badForm();
        const { name } = repository;
        const tab = REPOSITORY_TABS.find((known) => known === form.values.tab);
        await deps.granting.setPublic(actorOf(page), { kind: 'repository', name }, form.values.public === 'yes');
        goBack(page, tab === undefined ? referencePath(name) : tabPath(name, tab), name, form.values.public);
      },
      { confirmed: true },
    );

    routes.post(
      PUBLIC_FOLDER_PATH,
      'admin',
      async (page) => {
        const form = page.parseForm(folderSchema);
        if (!form.ok || !isFolder(form.values.folder)) throw badForm();
        const { folder } = form.values;
        await deps.granting.setPublic(actorOf(page), { kind: 'folder', name: folder }, form.values.public === 'yes');
        goBack(page, `/repositories?folder=${encodeURIComponent(folder)}`, `${folder}/`, form.values.public);
      },
      { confirmed: true },
    );
  };
}

/** Something can lie in it. */
function isFolder(folder: string): boolean {
  return isRepositoryName(`${folder}/x`);
}

function badForm(): AppError {
  return new AppError('INVALID', 'Neither public nor private was asked for, or of nothing.', { key: 'form.invalid' });
}

function goBack(page: Page, path: string, name: string, wanted: 'yes' | 'no'): void {
  const key = wanted === 'yes' ? 'repositories:public.opened' : 'repositories:public.closed';
  page.redirect(path, { key, params: { name } });
}
