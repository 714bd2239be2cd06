import { z } from 'zod';
import type { TagGroup, TagPage, TagStore } from '../../catalog/lists/tags.ts';
import { count, digest, repositoryParam, time, timeOf, timeOrNull } from '../fields.ts';
import { type TagListQuery, tagFilters, tagListQuery } from '../list-query.ts';
import { type ApiRoute, type Listed, listRoute, type PageInput, type RequestContext } from '../route.ts';
import { type FindDeps, findRepository } from './find.ts';
import { imageFactsBody, imageFields, tagBody, tagSchema, usageFields } from './tags.ts';

export interface ImageRoutesDeps extends Pick<FindDeps, 'repositories'> {
  readonly tags: Pick<TagStore, 'groups' | 'untagged'>;
}

const imageSchema = z
  .strictObject({
    digest,
    firstSeenAt: time,
    tags: z.array(tagSchema).describe('The highest versions first; the list has only the first few.'),
    tagCount: count.describe('How many tags there are.'),
    artifactType: z.string().nullable(),
    ...imageFields,
    ...usageFields,
    referrers: z.strictObject({ signatures: count, attestations: count, sboms: count, others: count }),
  })
  .meta({ id: 'Image' });

const params = z.strictObject({ repository: repositoryParam });

interface Asked {
  readonly params: z.output<typeof params>;
  readonly query: TagListQuery;
  readonly page: PageInput;
}

export function imageRoutes(deps: ImageRoutesDeps): readonly ApiRoute[] {
  type Read = (repositoryId: number, query: ReturnType<typeof tagFilters> & PageInput) => Promise<TagPage>;
  const listed = async (asked: Asked, context: RequestContext, read: Read): Promise<Listed<ImageBody>> => {
    const { id } = await findRepository(deps, context, asked.params.repository);
    const { rows, ...found } = await read(id, { ...tagFilters(asked.query), ...asked.page });
    return { ...found, items: rows.map(imageBody) };
  };
  return [
    listRoute({
      path: '/repositories/{repository}/-/images',
      id: 'listImages',
      policy: 'browse',
      group: 'Tags',
      summary: 'List images of a repository with their tags',
      params,
      query: tagListQuery.extend({
        state: z.enum(['tagged', 'referrer']).default('tagged').describe('`referrer`: signatures and the like.'),
      }),
      item: imageSchema,
      handler: async ({ query: { state, ...query }, ...asked }, context) =>
        listed({ ...asked, query }, context, (id, read) => deps.tags.groups(id, { ...read, state })),
    }),
    listRoute({
      path: '/repositories/{repository}/-/untagged',
      id: 'listUntagged',
      policy: 'browse',
      group: 'Tags',
      summary: 'List untagged manifests',
      description: 'They can be pulled by digest only, and are what cleaning up would remove.',
      params,
      query: tagListQuery,
      item: imageSchema,
      handler: (asked, context) => listed(asked, context, deps.tags.untagged),
    }),
  ];
}

type ImageBody = z.input<typeof imageSchema>;

function imageBody(group: TagGroup): ImageBody {
  const { digest, tagCount, artifactType, pushedBy, pushConfirmed, pullCount } = group;
  return {
    ...imageFactsBody(group),
    ...{ digest, tagCount, artifactType, pushedBy, pushConfirmed, pullCount, referrers: { ...group.referrers } },
    tags: group.tags.map(tagBody),
    firstSeenAt: timeOf(group.firstSeenAt),
    pushedAt: timeOrNull(group.pushedAt),
    lastPulledAt: timeOrNull(group.lastPulledAt),
  };
}
