import { z } from 'zod';
import { notFoundOrHidden } from '../../access/actor.ts';
import type { RepositoryStore } from '../../catalog/lists/repositories.ts';
import type { VisibilityStore } from '../../catalog/visibility/visibility.ts';
import type { Deletion } from '../../housekeeping/deletion.ts';
import type { DeletionPlan } from '../../housekeeping/plan.ts';
import type { DeletionUseCases } from '../../housekeeping/use-cases/deletion.ts';
import { isDigest } from '../../registry/documents/reference.ts';
import { referencePath, shortDigest, splitName } from '../parts/cells.ts';
import { whyNoDelete } from '../parts/delete-right.ts';
import { folderCrumbs } from '../parts/labels.ts';
import { DELETE_ROUTE, movedFrom, referenceOf } from '../parts/reference.ts';
import type { FieldErrors } from '../shell/form.ts';
import type { Crumb, Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { actorOf } from '../shell/viewer.ts';

export interface DeleteTagPageDeps {
  readonly readonly: boolean;
  readonly visibility: VisibilityStore;
  readonly repositories: Pick<RepositoryStore, 'find'>;
  readonly deletion: Pick<Deletion, 'plan'>;
  readonly deleting: Pick<DeletionUseCases, 'deleteTag'>;
}

export interface DeleteTagView {
  readonly title: string;
  readonly nav: 'repositories';
  readonly crumbs: readonly Crumb[];
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  readonly shortDigest: string;
  readonly action: string;
  readonly backHref: string;
  /** Why deleting is not possible; '' when it is. */
  readonly deleteNote: string;
  readonly siblings: readonly string[];
  readonly stays: readonly string[];
  readonly manifestOffer: { readonly label: string; readonly hint: string; readonly checked: boolean } | null;
  readonly warnings: readonly string[];
  readonly error: string | undefined;
}

const formSchema = z.strictObject({
  digest: z.string().refine(isDigest, 'form.invalid'),
  manifest: z.literal('yes').optional(),
});

export function deleteTagPage(deps: DeleteTagPageDeps): PageModule {
  return (routes) => {
    routes.get(DELETE_ROUTE, 'browse', async (page, request) => {
      const plan = await planFor(deps, page, request.params[0] ?? '');
      await render(deps, page, plan, {});
    });
    routes.post(DELETE_ROUTE, 'browse', async (page, request) => {
      const plan = await planFor(deps, page, request.params[0] ?? '');
      await carryOut(deps, page, plan);
    });
  };
}

async function planFor({ visibility, repositories, deletion }: DeleteTagPageDeps, page: Page, path: string) {
  const reference = referenceOf(path);
  if (!('tag' in reference)) throw notFoundOrHidden();
  const seen = await visibility.of(page.viewer.rights, page.origin.address);
  if ((await repositories.find(seen, reference.repository)) === undefined) throw notFoundOrHidden();
  return deletion.plan(reference.repository, reference.tag, seen);
}

async function render(
  { readonly }: DeleteTagPageDeps,
  page: Page,
  plan: DeletionPlan,
  errors: FieldErrors,
): Promise<void> {
  const alsoManifest = page.body.manifest === 'yes';
  const status = Object.keys(errors).length === 0 ? 200 : 422;
  const view = deleteTagView({ page, plan, readonly, errors, alsoManifest });
  const warnings = [...movedWarning(plan, page), ...view.warnings];
  await page.render('housekeeping/delete-tag', { ...view, warnings }, status);
}

/** The link to this page names the digest that was shown; the tag may have moved since then. */
function movedWarning({ tag, digest }: DeletionPlan, page: Page): readonly string[] {
  const before = movedFrom(page, digest);
  if (before === undefined) return [];
  return [page.t('image:moved.delete', { tag, now: shortDigest(digest), before: shortDigest(before) })];
}

async function carryOut(deps: DeleteTagPageDeps, page: Page, plan: DeletionPlan): Promise<void> {
  const form = page.parseForm(formSchema);
  if (!form.ok) return render(deps, page, plan, form.errors);
  const { repository, tag } = plan;
  const alsoManifest = form.values.manifest === 'yes';
  try {
    const request = { repository, tag, digest: form.values.digest, alsoManifest };
    const { trashId, pushedAgain } = await deps.deleting.deleteTag(actorOf(page), request);
    const key = pushedAgain ? 'parts:delete.pushed_again' : 'parts:delete.done';
    page.redirect(await pathAfter(deps, page, repository, trashId), { key, params: { tag, repository } });
  } catch (error) {
    // The tag moved, or the registry refused: show the form again with current data.
    const seen = await deps.visibility.of(page.viewer.rights, page.origin.address);
    await render(deps, page, await deps.deletion.plan(repository, tag, seen), page.fieldErrors(error));
  }
}

/** After its last tag was deleted, a repository may not be listed any more. */
async function pathAfter(deps: DeleteTagPageDeps, page: Page, repository: string, trashId: number): Promise<string> {
  const seen = await deps.visibility.of(page.viewer.rights, page.origin.address);
  const isThere = (await deps.repositories.find(seen, repository)) !== undefined;
  return `${isThere ? referencePath(repository) : '/repositories'}?undo=${trashId}`;
}

export interface DeleteTagFacts {
  readonly page: Pick<Page, 't' | 'format' | 'url' | 'viewer' | 'origin'>;
  readonly plan: DeletionPlan;
  readonly readonly: boolean;
  readonly errors: FieldErrors;
  readonly alsoManifest: boolean;
}

export function deleteTagView({ page, plan, readonly, errors, alsoManifest }: DeleteTagFacts): DeleteTagView {
  const { repository, tag, digest } = plan;
  const { folder, leaf } = splitName(repository);
  const path = referencePath(`${repository}:${tag}`);
  const repositoryHref = page.url(referencePath(repository));
  return {
    title: page.t('parts:delete.title', { tag }),
    nav: 'repositories',
    crumbs: [
      ...folderCrumbs(folder, page),
      { text: leaf, href: repositoryHref },
      { text: tag, href: page.url(path), separator: ':' },
      { text: page.t('parts:delete.crumb') },
    ],
    repository,
    tag,
    digest,
    shortDigest: shortDigest(digest),
    action: page.url(`${path}/-/delete`),
    backHref: page.url(path),
    deleteNote: whyNoDelete({ page, readonly, repository: { name: repository } }),
    siblings: plan.siblings,
    stays: whatStays(plan, page),
    manifestOffer: manifestOffer(plan, alsoManifest, page),
    warnings: warnings(plan, page),
    error: Object.values(errors)[0],
  };
}

function whatStays({ digest, children }: DeletionPlan, { t }: DeleteTagFacts['page']) {
  const stays = [t('parts:delete.stays_digest', { digest: shortDigest(digest) })];
  if (children.length > 0) stays.push(t('parts:delete.stays_children', { count: children.length }));
  return stays;
}

/** Offered for the last tag only: deleting a manifest deletes all of its tags. */
function manifestOffer(plan: DeletionPlan, checked: boolean, { t, format }: DeleteTagFacts['page']) {
  if (!plan.canDeleteManifest) return null;
  const label = t('parts:delete.also_manifest', { size: format.bytes(plan.freesBytes) });
  return { label, hint: t('parts:delete.also_manifest_hint'), checked };
}

function warnings(plan: DeletionPlan, { t }: DeleteTagFacts['page']): readonly string[] {
  const found: string[] = [];
  if (plan.lastTag && plan.parents.length > 0)
    found.push(t('parts:delete.protected_by_index', { count: plan.parents.length }));
  if (plan.referrers.length > 0) found.push(t('parts:delete.referrers', { count: plan.referrers.length }));
  return found;
}
