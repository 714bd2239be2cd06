import { z } from 'zod';
import type { FlatTag, TagRow, TagStore } from '../../catalog/tags.ts';
import {
  bytes,
  clip,
  count,
  digest,
  kind,
  mediaType,
  person,
  platform,
  repositoryParam,
  tagName,
  tagParam,
  time,
  timeOf,
  timeOrNull,
} from '../fields.ts';
import { tagFilters, tagListQuery } from '../list-query.ts';
import { type ApiRoute, listRoute, route } from '../route.ts';
import { type FindDeps, findRepository, findTag } from './find.ts';

export interface TagRoutesDeps extends FindDeps {
  readonly tags: Pick<TagStore, 'resolve' | 'flat'>;
}

export const usageFields = {
  pushedAt: time.nullable().describe('null: before anybody listened.'),
  pushedBy: person.nullable().describe('Empty for anonymous; null: not known.'),
  pushConfirmed: z.boolean().describe('False: that it was pushed is seen, but not who did it.'),
  lastPulledAt: time.nullable(),
  pullCount: count,
};

export const tagSchema = z
  .strictObject({
    name: tagName,
    digest,
    firstSeenAt: time.describe('When it was first met.'),
    checkedAt: time,
    ...usageFields,
    missingSince: time.nullable().describe('The registry lacks it since then; it goes when that is confirmed.'),
    subjectDigest: digest.nullable().describe('Of the tag of a signature or another referrer: what it speaks about.'),
  })
  .meta({ id: 'Tag' });

const listedSchema = tagSchema
  .extend({
    kind,
    mediaType,
    sizeBytes: bytes,
    platforms: z.array(platform),
    isSigned: z.boolean(),
    error: z.string().nullable(),
  })
  .meta({ id: 'ListedTag' });

const params = z.strictObject({ repository: repositoryParam });

export function tagRoutes(deps: TagRoutesDeps): readonly ApiRoute[] {
  return [
    listRoute({
      path: '/repositories/{repository}/-/tags',
      id: 'listTags',
      policy: 'browse',
      group: 'Tags',
      summary: 'Tags of a repository',
      description: 'Without the tags of signatures and other referrers.',
      params,
      query: tagListQuery,
      item: listedSchema,
      handler: async ({ params: { repository }, query, page }, context) => {
        const { id } = await findRepository(deps, context, repository);
        const { rows, next, total, isExact } = await deps.tags.flat(id, { ...tagFilters(query), ...page });
        return { items: rows.map(listedBody), next, total, isExact };
      },
    }),
    route({
      method: 'GET',
      path: '/repositories/{repository}/-/tags/{tag}',
      id: 'getTag',
      policy: 'browse',
      group: 'Tags',
      summary: 'One tag',
      params: params.extend({ tag: tagParam }),
      response: tagSchema,
      handler: async (input, context) => tagBody((await findTag(deps, context, input.params)).tag),
    }),
  ];
}

export function tagBody(tag: TagRow): z.input<typeof tagSchema> {
  const { name, digest, pushedBy, pushConfirmed, pullCount, subjectDigest } = tag;
  return {
    ...{ name, digest, pushedBy, pushConfirmed, pullCount, subjectDigest },
    firstSeenAt: timeOf(tag.firstSeenAt),
    checkedAt: timeOf(tag.checkedAt),
    pushedAt: timeOrNull(tag.pushedAt),
    lastPulledAt: timeOrNull(tag.lastPulledAt),
    missingSince: timeOrNull(tag.missingSince),
  };
}

function listedBody(tag: FlatTag): z.input<typeof listedSchema> {
  const { kind, mediaType, sizeBytes, platforms, isSigned, error } = tag;
  return { ...tagBody(tag), kind, mediaType: clip(mediaType), sizeBytes, platforms: [...platforms], isSigned, error };
}
