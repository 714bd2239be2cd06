import { z } from 'zod';
import type { FlatTag, TagGroup, TagRow, TagStore } from '../../catalog/lists/tags.ts';
import {
  clip,
  count,
  digest,
  imageBytes,
  kind,
  knownBytes,
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
  /** Called for each requested repository: without events it is read again in the background. */
  readonly opened: (repository: string) => void;
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

/** Fields of the image of a row. */
export const imageFields = {
  kind,
  mediaType,
  sizeBytes: imageBytes,
  platforms: z.array(platform),
  createdAt: time.nullable().describe('Build time.'),
  attachments: z.array(z.enum(['signature', 'sbom', 'provenance'])).describe('What is attached to it.'),
  error: z.string().nullable().describe('Why the manifest could not be read.'),
};

const listedSchema = tagSchema.extend({ ...imageFields, isSigned: z.boolean() }).meta({ id: 'ListedTag' });

const params = z.strictObject({ repository: repositoryParam });

export function tagRoutes(deps: TagRoutesDeps): readonly ApiRoute[] {
  return [
    listRoute({
      path: '/repositories/{repository}/-/tags',
      id: 'listTags',
      policy: 'browse',
      group: 'Tags',
      summary: 'List tags of a repository',
      description: 'Without the tags of signatures and other referrers.',
      params,
      query: tagListQuery,
      item: listedSchema,
      handler: async ({ params: { repository }, query, page }, context) => {
        const { id } = await findRepository(deps, context, repository);
        deps.opened(repository);
        const { rows, ...found } = await deps.tags.flat(id, { ...tagFilters(query), ...page });
        return { items: rows.map(listedBody), ...found };
      },
    }),
    route({
      method: 'GET',
      path: '/repositories/{repository}/-/tags/{tag}',
      id: 'getTag',
      policy: 'browse',
      group: 'Tags',
      summary: 'Get a tag',
      params: params.extend({ tag: tagParam }),
      response: tagSchema,
      async handler(input, context) {
        const { repository, tag } = await findTag(deps, context, input.params);
        deps.opened(repository.name);
        return tagBody(tag);
      },
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

export function imageFactsBody(image: FlatTag | TagGroup) {
  const { kind, mediaType, sizeBytes, platforms, createdAt, attachments, error } = image;
  const texts = { kind, mediaType: clip(mediaType), platforms: [...platforms], attachments: [...attachments], error };
  return { ...texts, sizeBytes: knownBytes(sizeBytes), createdAt: timeOrNull(createdAt) };
}

function listedBody(tag: FlatTag): z.input<typeof listedSchema> {
  return { ...tagBody(tag), ...imageFactsBody(tag), isSigned: tag.attachments.includes('signature') };
}
