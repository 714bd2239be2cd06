import { z } from 'zod';
import type { PublicAccess, PublicTarget } from '../../access/public.ts';
import type { SingleRevoke } from '../../access/single-rule.ts';
import type { Audit } from '../../audit/audit.ts';
import { AppError } from '../../errors.ts';
import { isRepositoryName } from '../../registry/documents/reference.ts';
import { referencePath } from '../parts/cells.ts';
import { repositoryRoute } from '../parts/reference.ts';
import { noteSingleGrant } from '../parts/single-grant.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { actorOf } from '../shell/who-asks.ts';
import { PUBLIC_FOLDER_PATH } from './public-view.ts';
import { REPOSITORY_TABS, tabPath } from './repository-head.ts';
import { type FindDeps, findAsked } from './repository-tabs.ts';

export interface PublicPageDeps extends FindDeps {
  readonly publicAccess: PublicAccess;
  readonly audit: Pick<Audit, 'record'>;
}

/** As the audit log calls it. */
const EVERYBODY = 'anonymous';
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
        await setPublic(deps, page, { kind: 'repository', name }, form.values.public === 'yes');
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
        await setPublic(deps, page, { kind: 'folder', name: folder }, form.values.public === 'yes');
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

async function setPublic(deps: PublicPageDeps, page: Page, target: PublicTarget, isOpen: boolean): Promise<void> {
  const { publicAccess } = deps;
  if (isOpen) {
    const granted = await publicAccess.open(target, page.viewer.subject.name);
    await noteSingleGrant(deps.audit, page, granted, {
      holder: EVERYBODY,
      pattern: publicAccess.ruleOf(target).repository,
    });
    return;
  }
  const { wider } = await publicAccess.state(target);
  if (wider.length > 0) throw stillPublic(wider[0]?.source?.role ?? '');
  for (const revoked of await publicAccess.close(target)) await noteRevoke(deps, page, target, revoked);
}

/** Whoever believed that it is private then would be wrong. */
function stillPublic(role: string): AppError {
  return new AppError('CONFLICT', `It is still public through the role ${role}.`, {
    key: 'still_public',
    params: { role },
  });
}

async function noteRevoke(
  { audit, publicAccess }: PublicPageDeps,
  page: Page,
  target: PublicTarget,
  { role, isRemoved }: SingleRevoke,
): Promise<void> {
  const { repository } = publicAccess.ruleOf(target);
  const entry = { ...actorOf(page), outcome: 'ok' as const };
  await audit.record({ ...entry, action: 'role.revoke', object: EVERYBODY, detail: { role, repository } });
  if (isRemoved) await audit.record({ ...entry, action: 'role.remove', object: role, detail: { repository } });
}
