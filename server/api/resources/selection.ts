/** Deleting several tags and manifests of a repository, and its preview. */
import { z } from 'zod';
import type { DeletedItem, SelectionResult } from '../../housekeeping/delete-selection.ts';
import type { SelectionPlan } from '../../housekeeping/selection-plan.ts';
import {
  bytes,
  clipList,
  digest,
  digestParam,
  kind,
  repositoryName,
  repositoryParam,
  tagName,
  tagParam,
} from '../fields.ts';
import { type ApiRoute, type RequestContext, route } from '../route.ts';
import type { DeletionRoutesDeps } from './deletion.ts';
import { actorOf, findRepository, may } from './find.ts';

/** Maximum number of tags or manifests per deletion. */
const MAX_CHOSEN = 200;

const manifestSchema = z.strictObject({ digest, kind, artifactType: z.string().nullable() });

const planSchema = z
  .strictObject({
    repository: repositoryName,
    allowed: z.boolean().describe('Whether the caller may delete here now.'),
    images: z.array(
      z.strictObject({
        ...{ digest, kind, sizeBytes: bytes },
        tags: z.array(tagName).describe('Selected tags; empty where the manifest was selected by its digest.'),
        siblings: z.array(tagName).describe('Other tags of the same manifest, at most 200; they stay.'),
        isUnneeded: z.boolean().describe('Nothing needs the manifest once the selected tags are gone.'),
      }),
    ),
    unneeded: z
      .array(manifestSchema)
      .describe('What goes with `alsoUnneeded`: manifests that nothing else needs, at most 200.'),
    freesBytes: bytes.describe('What garbage collection can free when those go; tags alone free nothing.'),
  })
  .meta({ id: 'SelectionPlan' });

const deletedSchema = z
  .strictObject({
    repository: repositoryName,
    items: z.array(
      z.strictObject({
        tag: tagName.nullable().describe('null: selected by its digest.'),
        digest,
        deleted: z.boolean().describe('True only when the registry confirmed it.'),
        problem: z.string().nullable().describe('Why it is still there.'),
        pushedAgain: z.boolean().describe('Somebody pushed the tag meanwhile: it exists again, with other content.'),
      }),
    ),
    manifests: z.array(digest).describe('Manifests that are gone, at most 200.'),
    trashId: z.number().int().nullable().describe('First entry of this deletion in the trash; null: nothing went.'),
  })
  .meta({ id: 'DeletedSelection' });

const chosen = {
  tags: z
    .array(z.strictObject({ name: tagParam, digest: digestParam }))
    .max(MAX_CHOSEN)
    .default([])
    .describe('Each with the digest that you saw: a tag that points elsewhere by now stays.'),
  manifests: z.array(digestParam).max(MAX_CHOSEN).default([]).describe('By digest; what is still needed stays.'),
};
const selectionBody = z.strictObject(chosen);
const deletionBody = selectionBody.extend({
  alsoUnneeded: z.boolean().default(false).describe('Also delete the manifests that nothing needs afterwards.'),
});
const params = z.strictObject({ repository: repositoryParam });

export function selectionRoutes(deps: DeletionRoutesDeps): readonly ApiRoute[] {
  return [
    route({
      ...{ method: 'POST', path: '/repositories/{repository}/-/deletion/plan', id: 'planDeletion' },
      ...{ policy: 'browse', group: 'Deletion', params, response: planSchema },
      summary: 'Preview the deletion of selected images',
      description: 'Changes nothing.',
      body: selectionBody,
      handler: async ({ params: { repository }, body }, context) => {
        const { id } = await findRepository(deps, context, repository);
        const asked = { tags: body.tags, images: [], digests: body.manifests };
        const plan = await deps.deletion.planSelection(await context.visibility(), id, asked);
        return planBody(deps, context, repository, plan);
      },
    }),
    route({
      ...{ method: 'GET', path: '/repositories/{repository}/-/untagged/deletion', id: 'planUntaggedDeletion' },
      ...{ policy: 'browse', group: 'Deletion', params, response: planSchema },
      summary: 'Preview the deletion of untagged manifests',
      description: `The oldest ${MAX_CHOSEN}, without those that are less than an hour old: they may belong to a running push. Send their digests as \`manifests\` to delete them.`,
      handler: async ({ params: { repository } }, context) => {
        const { id } = await findRepository(deps, context, repository);
        const plan = await deps.deletion.planUntagged(await context.visibility(), id, MAX_CHOSEN);
        return planBody(deps, context, repository, plan);
      },
    }),
    route({
      ...{ method: 'POST', path: '/repositories/{repository}/-/deletion', id: 'deleteSelection' },
      ...{ policy: 'browse', group: 'Deletion', params, response: deletedSchema },
      summary: 'Delete selected tags and manifests',
      description: 'Each has its own outcome. Needs the right `delete` there. Ask for the plan first.',
      body: deletionBody,
      handler: async ({ params: { repository }, body }, context) => {
        await findRepository(deps, context, repository);
        const { tags, manifests: digests, alsoUnneeded } = body;
        const request = { repository, tags, digests, alsoUnneeded };
        const result = await deps.deleting.deleteSelection(actorOf(context), request);
        return resultBody(repository, result);
      },
    }),
  ];
}

function planBody(
  { readonly }: DeletionRoutesDeps,
  context: RequestContext,
  repository: string,
  { images, unneeded, freesBytes }: SelectionPlan,
): z.input<typeof planSchema> {
  return {
    repository,
    allowed: !readonly && may(context, 'delete', repository),
    images: images.map(({ tags, siblings, ...image }) => ({
      ...image,
      tags: [...tags],
      siblings: clipList(siblings),
    })),
    unneeded: clipList(unneeded).map(({ artifactType, ...one }) => ({ ...one, artifactType: artifactType ?? null })),
    freesBytes,
  };
}

function resultBody(repository: string, { items, manifests, undoId }: SelectionResult): z.input<typeof deletedSchema> {
  return { repository, items: items.map(itemBody), manifests: clipList(manifests), trashId: undoId ?? null };
}

function itemBody({ tag, digest, error, pushedAgain }: DeletedItem) {
  return { tag: tag ?? null, digest, deleted: error === undefined, problem: error?.message ?? null, pushedAgain };
}
