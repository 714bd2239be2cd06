/** Actions of the selection bar below lists of tags: preview of a deletion, comparison, references to copy. */

import { z } from 'zod';
import type { RepositoryRow } from '../../catalog/lists/repositories.ts';
import { AppError } from '../../errors.ts';
import type { DeletedItem, SelectionResult } from '../../housekeeping/delete-selection.ts';
import type { Deletion } from '../../housekeeping/deletion.ts';
import type { SelectionPlan } from '../../housekeeping/selection-plan.ts';
import type { DeletionUseCases } from '../../housekeeping/use-cases/deletion.ts';
import { referencePath } from '../parts/cells.ts';
import { whyNoDelete } from '../parts/delete-right.ts';
import { repositoryRoute } from '../parts/reference.ts';
import { type Chosen, chosenFields, MAX_CHOSEN, parseChosen } from '../parts/selection.ts';
import { repositoryFrame } from '../repositories/repository-head.ts';
import { type FindDeps, findAsked } from '../repositories/repository-tabs.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { actorOf } from '../shell/viewer.ts';
import { selectionPlanView } from './selection-plan-view.ts';

export interface SelectionPageDeps extends FindDeps {
  readonly readonly: boolean;
  readonly deletion: Pick<Deletion, 'planSelection' | 'planUntagged'>;
  readonly deleting: Pick<DeletionUseCases, 'deleteSelection'>;
}

const BACK = ['tags', 'untagged'] as const;
const askedSchema = z.strictObject({
  ...chosenFields,
  do: z.enum(['delete', 'untagged', 'compare', 'copy']),
  back: z.enum(BACK).optional(),
});
const deletionSchema = z.strictObject({
  ...chosenFields,
  also: z.literal('yes').optional(),
  back: z.enum(BACK).optional(),
});

export function selectionPage(deps: SelectionPageDeps): PageModule {
  return (routes) => {
    routes.post(
      repositoryRoute('selection'),
      'browse',
      async (page, { params }) => {
        const { seen, repository } = await findAsked(deps, page, params[0] ?? '');
        const asked = parse(page, askedSchema);
        const chosen = parseChosen(asked);
        const back = backPath(repository.name, asked.back);
        if (asked.do === 'untagged') {
          const plan = await deps.deletion.planUntagged(seen, repository.id, MAX_CHOSEN);
          return showPlan(deps, page, repository, { plan, back: asked.back });
        }
        if (chosen.tags.length + chosen.images.length + chosen.digests.length === 0) {
          return page.redirect(back, { key: 'housekeeping:nothing_chosen' });
        }
        if (asked.do === 'compare') return compare(page, repository.name, chosen, back);
        if (asked.do === 'copy') return showReferences(page, repository, chosen, back);
        const images = chosen.images.map(({ digest }) => digest);
        const plan = await deps.deletion.planSelection(seen, repository.id, { ...chosen, images });
        await showPlan(deps, page, repository, { plan, back: asked.back });
      },
      { size: 'long' },
    );
    routes.post(
      repositoryRoute('deletion'),
      'browse',
      async (page, { params }) => {
        const { repository } = await findAsked(deps, page, params[0] ?? '');
        await carryOut(deps, page, repository);
      },
      { size: 'long' },
    );
  };
}

function parse<Schema extends z.ZodType>(page: Page, schema: Schema): z.output<Schema> {
  const form = page.parseForm(schema);
  if (form.ok) return form.values;
  throw new AppError('INVALID', 'This form is not complete.', { key: 'form.invalid' });
}

function backPath(repository: string, back: (typeof BACK)[number] | undefined): string {
  return back === 'untagged' ? `${referencePath(repository)}/-/untagged` : referencePath(repository);
}

function compare(page: Page, repository: string, { tags, images }: Chosen, back: string): void {
  const [one, other, third] = [...images, ...tags];
  if (one === undefined || other === undefined || third !== undefined) {
    page.redirect(back, { key: 'housekeeping:choose_two' });
    return;
  }
  const value = ({ name, digest }: { name: string; digest: string }) =>
    encodeURIComponent(`${repository}${name === '' ? '' : `:${name}`}@${digest}`);
  page.redirect(`/compare?a=${value(one)}&b=${value(other)}`);
}

/** The references as text, to be copied by hand without JavaScript. */
async function showReferences(page: Page, repository: RepositoryRow, chosen: Chosen, back: string): Promise<void> {
  const name = `${page.copy.host}/${repository.name}`;
  const named = [...chosen.images, ...chosen.tags].map(
    (one) => `${name}${one.name ? `:${one.name}` : `@${one.digest}`}`,
  );
  const { live: _, ...frame } = repositoryFrame(page, repository, page.t('housekeeping:copy.crumb'));
  await page.render('housekeeping/selection-copy', {
    ...frame,
    lines: [...named, ...chosen.digests.map((digest) => `${name}@${digest}`)].join('\n'),
    backHref: page.url(back),
  });
}

interface Shown {
  readonly plan: SelectionPlan;
  readonly back: (typeof BACK)[number] | undefined;
  readonly failed?: readonly DeletedItem[];
  readonly result?: SelectionResult;
}

async function showPlan(
  { readonly }: SelectionPageDeps,
  page: Page,
  repository: RepositoryRow,
  { plan, back }: Shown,
): Promise<void> {
  const { live: _, ...frame } = repositoryFrame(page, repository, page.t('housekeeping:crumb'));
  await page.render('housekeeping/selection-delete', {
    ...frame,
    ...selectionPlanView(page, repository.name, plan),
    deleteNote: whyNoDelete({ page, readonly, repository }),
    action: page.url(`${referencePath(repository.name)}/-/deletion`),
    backHref: page.url(backPath(repository.name, back)),
    back: back ?? 'tags',
  });
}

async function carryOut(deps: SelectionPageDeps, page: Page, repository: RepositoryRow): Promise<void> {
  const { also, back, ...fields } = parse(page, deletionSchema);
  const { tags, digests } = parseChosen(fields);
  const request = { repository: repository.name, tags, digests, alsoUnneeded: also === 'yes' };
  const result = await deps.deleting.deleteSelection(actorOf(page), request);
  const failed = result.items.filter(({ error }) => error !== undefined);
  if (failed.length > 0) return showOutcome(page, repository, result, backPath(repository.name, back));
  const seen = await deps.visibility.of(page.viewer.rights, page.origin.address);
  // After its last tag was deleted, a repository may not be listed any more.
  const isThere = (await deps.repositories.find(seen, repository.name)) !== undefined;
  const path = isThere ? backPath(repository.name, back) : '/repositories';
  page.redirect(result.undoId === undefined ? path : `${path}?undo=${result.undoId}`);
}

/** Names what could not be deleted, and offers one undo for everything that was. */
async function showOutcome(
  page: Page,
  repository: RepositoryRow,
  result: SelectionResult,
  back: string,
): Promise<void> {
  const { live: _, ...frame } = repositoryFrame(page, repository, page.t('housekeeping:crumb'));
  const done = result.items.filter(({ error }) => error === undefined).length;
  const failed = result.items.filter(({ error }) => error !== undefined);
  await page.render(
    'housekeeping/selection-outcome',
    {
      ...frame,
      done: done === 0 ? '' : page.t('housekeeping:outcome.done', { count: done, formatted: page.format.number(done) }),
      undoAction: result.undoId === undefined ? null : page.url(`/trash/${result.undoId}/undo`),
      failedTitle: page.t('housekeeping:outcome.failed', {
        count: failed.length,
        formatted: page.format.number(failed.length),
      }),
      failed: failed.map(({ tag, digest, error }) => ({ name: tag ?? digest, text: page.errorText(error) })),
      backHref: page.url(back),
    },
    422,
  );
}
