import { z } from 'zod';
import { notFoundOrHidden } from '../../access/actor.ts';
import type { ManifestReference } from '../../catalog/manifests/manifest-lookup.ts';
import type { Deletion } from '../../housekeeping/deletion.ts';
import type { DeletionPlan } from '../../housekeeping/plan.ts';
import type { DeletionUseCases } from '../../housekeeping/use-cases/deletion.ts';
import { MAX_ID } from '../../storage/row-id.ts';
import {
  bytes,
  clipList,
  digest,
  digestParam,
  platform,
  repositoryName,
  repositoryParam,
  tagName,
  tagParam,
  yesOrNo,
} from '../fields.ts';
import { type ApiRoute, type RequestContext, route } from '../route.ts';
import { actorOf, type FindDeps, findRepository, may } from './find.ts';

export interface DeletionRoutesDeps extends Pick<FindDeps, 'repositories'> {
  readonly readonly: boolean;
  readonly deletion: Pick<Deletion, 'plan' | 'planSelection' | 'planUntagged'> & {
    readonly trash: Pick<Deletion['trash'], 'get' | 'page' | 'keepMs'>;
  };
  readonly deleting: Pick<DeletionUseCases, 'deleteTag' | 'deleteSelection' | 'restore' | 'restoreEach'>;
}

const planSchema = z
  .strictObject({
    repository: repositoryName,
    tag: tagName,
    digest: digest.describe('Send it with the deletion: another one means that the tag moved meanwhile.'),
    allowed: z.boolean().describe('Whether the caller may delete here now.'),
    siblings: z.array(tagName).describe('Other tags of the same manifest, at most 200; they stay.'),
    lastTag: z.boolean().describe('Afterwards the image can be had by its digest only.'),
    children: z
      .array(z.strictObject({ digest, platform }))
      .describe('Images of this index, at most 200; without `manifest=true` they stay.'),
    parents: z.array(digest).describe('Indexes that list this manifest and so protect it, at most 200.'),
    referrers: z.array(z.strictObject({ digest, kind: z.string(), artifactType: z.string().nullable() })),
    unneeded: z
      .array(z.strictObject({ digest, kind: z.string(), artifactType: z.string().nullable() }))
      .describe('What goes with the manifest: itself, and what nothing else needs, at most 200. Empty when it stays.'),
    freesBytes: bytes.describe(
      'What garbage collection can free when the manifest goes too; the tag alone frees nothing.',
    ),
    canDeleteManifest: z.boolean(),
  })
  .meta({ id: 'DeletionPlan' });

const deletedSchema = z
  .strictObject({
    repository: repositoryName,
    tag: tagName,
    digest,
    manifestDeleted: z.boolean(),
    manifests: z.array(digest).describe('Manifests that are gone, at most 200: the image, and what only it needed.'),
    pushedAgain: z.boolean().describe('Somebody pushed the tag meanwhile: it exists again, with other content.'),
    trashId: z.number().int().describe('Its place in the trash.'),
  })
  .meta({ id: 'DeletedTag' });

const restoredSchema = z
  .strictObject({
    repository: repositoryName,
    digest,
    tags: z.array(tagName).describe('Back in their place.'),
    taken: z.array(tagName).describe('They point to something else by now and were left alone.'),
  })
  .meta({ id: 'RestoredManifest' });

const params = z.strictObject({ repository: repositoryParam, tag: tagParam });
const trashParams = z.strictObject({
  repository: repositoryParam,
  trashId: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_ID)
    .meta({ description: '`trashId` of the deletion.', examples: [7] }),
});

/** Uses the same use cases as the pages, so rights, checks and audit entries are the same. */
export function deletionRoutes(deps: DeletionRoutesDeps): readonly ApiRoute[] {
  return [
    route({
      method: 'GET',
      path: '/repositories/{repository}/-/tags/{tag}/deletion',
      id: 'planTagDeletion',
      policy: 'browse',
      group: 'Tags',
      summary: 'Preview the deletion of a tag',
      params,
      response: planSchema,
      handler: async (input, context) => planBody(await planFor(deps, input.params, context), deps, context),
    }),
    route({
      method: 'DELETE',
      path: '/repositories/{repository}/-/tags/{tag}',
      id: 'deleteTag',
      policy: 'browse',
      group: 'Tags',
      summary: 'Delete a tag',
      description:
        'Deletes this tag and nothing else; with `manifest=true` also its manifest and what only that needed, where no other tag needs it.',
      params,
      query: z.strictObject({
        digest: digestParam.describe('What the tag points to, as the plan said. 409 when it points elsewhere by now.'),
        manifest: yesOrNo.default(false).describe('Also delete the manifest.'),
      }),
      response: deletedSchema,
      handler: async ({ params: { repository, tag }, query }, context) => {
        await planFor(deps, { repository, tag }, context);
        const request = { repository, tag, digest: query.digest, alsoManifest: query.manifest };
        const { manifests, ...done } = await deps.deleting.deleteTag(actorOf(context), request);
        return { repository, tag, digest: query.digest, ...done, manifests: clipList(manifests) };
      },
    }),
    route({
      method: 'POST',
      path: '/repositories/{repository}/-/trash/{trashId}/restore',
      id: 'undoDeletion',
      policy: 'browse',
      group: 'Tags',
      summary: 'Restore a deleted tag',
      description: 'Works until garbage collection has removed the layers: 409 then. Needs the right `delete` there.',
      params: trashParams,
      response: restoredSchema,
      handler: ({ params }, context) => restore(deps, params, context),
    }),
  ];
}

async function planFor(
  deps: DeletionRoutesDeps,
  { repository, tag }: z.infer<typeof params>,
  context: RequestContext,
): Promise<DeletionPlan> {
  await findRepository(deps, context, repository);
  return deps.deletion.plan(repository, tag, await context.visibility());
}

async function restore(
  deps: DeletionRoutesDeps,
  { repository, trashId }: z.output<typeof trashParams>,
  context: RequestContext,
): Promise<z.input<typeof restoredSchema>> {
  const item = await deps.deletion.trash.get(trashId);
  if (item?.repository !== repository) throw notFoundOrHidden();
  const restored = await deps.deleting.restore(actorOf(context), trashId);
  return { repository, digest: restored.digest, tags: [...restored.tags], taken: [...restored.taken] };
}

function planBody(
  plan: DeletionPlan,
  { readonly }: DeletionRoutesDeps,
  context: RequestContext,
): z.input<typeof planSchema> {
  const { siblings, children, parents, referrers, unneeded, ...rest } = plan;
  return {
    ...rest,
    allowed: !readonly && may(context, 'delete', plan.repository),
    siblings: clipList(siblings),
    children: clipList(children),
    parents: clipList(parents),
    referrers: clipList(referrers).map(manifestBody),
    unneeded: clipList(unneeded).map(manifestBody),
  };
}

function manifestBody({ digest, kind, artifactType }: ManifestReference) {
  return { digest, kind, artifactType: artifactType ?? null };
}
