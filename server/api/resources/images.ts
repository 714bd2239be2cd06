import { z } from 'zod';
import type { TagGroup, TagStore } from '../../catalog/tags.ts';
import {
  bytes,
  clip,
  count,
  digest,
  kind,
  mediaType,
  platform,
  repositoryParam,
  time,
  timeOf,
  timeOrNull,
} from '../fields.ts';
import { tagFilters, tagListQuery } from '../list-query.ts';
import { type ApiRoute, listRoute } from '../route.ts';
import { type FindDeps, findRepository } from './find.ts';
import { tagBody, tagSchema, usageFields } from './tags.ts';

export interface ImageRoutesDeps extends Pick<FindDeps, 'repositories'> {
  readonly tags: Pick<TagStore, 'groups' | 'untagged'>;
}

const imageSchema = z
  .strictObject({
    digest,
    firstSeenAt: time,
    tags: z.array(tagSchema).describe('The highest versions first; the list has only the first few.'),
    tagCount: count.describe('How many tags there are.'),
    kind,
    mediaType,
    artifactType: z.string().nullable(),
    sizeBytes: bytes,
    platforms: z.array(platform),
    createdAt: time.nullable().describe('Build time.'),
    ...usageFields,
    referrers: z.strictObject({ signatures: count, attestations: count, sboms: count, others: count }),
    error: z.string().nullable().describe('Why the manifest could not be read.'),
  })
  .meta({ id: 'Image' });

const params = z.strictObject({ repository: repositoryParam });

export function imageRoutes(deps: ImageRoutesDeps): readonly ApiRoute[] {
  return [
    listRoute({
      path: '/repositories/{repository}/-/images',
      id: 'listImages',
      policy: 'browse',
      group: 'Tags',
      summary: 'Images of a repository, each with its tags',
      params,
      query: tagListQuery.extend({
        state: z.enum(['tagged', 'referrer']).default('tagged').describe('`referrer`: signatures and the like.'),
      }),
      item: imageSchema,
      handler: async ({ params: { repository }, query: { state, ...query }, page }, context) => {
        const { id } = await findRepository(deps, context, repository);
        const found = await deps.tags.groups(id, { ...tagFilters(query), ...page, state });
        return { ...found, items: found.rows.map(imageBody) };
      },
    }),
    listRoute({
      path: '/repositories/{repository}/-/untagged',
      id: 'listUntagged',
      policy: 'browse',
      group: 'Tags',
      summary: 'Manifests that no tag, index or subject holds',
      description: 'They can be pulled by digest only, and are what cleaning up would remove.',
      params,
      query: tagListQuery,
      item: imageSchema,
      handler: async ({ params: { repository }, query, page }, context) => {
        const { id } = await findRepository(deps, context, repository);
        const found = await deps.tags.untagged(id, { ...tagFilters(query), ...page });
        return { ...found, items: found.rows.map(imageBody) };
      },
    }),
  ];
}

function imageBody(group: TagGroup): z.input<typeof imageSchema> {
  const { digest, tagCount, kind, mediaType, artifactType, sizeBytes, pushedBy, pushConfirmed, pullCount, error } =
    group;
  return {
    ...{ digest, tagCount, kind, mediaType: clip(mediaType), artifactType, sizeBytes },
    ...{ pushedBy, pushConfirmed, pullCount, error, referrers: { ...group.referrers } },
    tags: group.tags.map(tagBody),
    platforms: [...group.platforms],
    firstSeenAt: timeOf(group.firstSeenAt),
    createdAt: timeOrNull(group.createdAt),
    pushedAt: timeOrNull(group.pushedAt),
    lastPulledAt: timeOrNull(group.lastPulledAt),
  };
}
