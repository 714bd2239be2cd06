import { z } from 'zod';
import type { TagRow } from '../../catalog/tags.ts';
import { count, digest, person, repositoryParam, tagName, tagParam, time, timeOf, timeOrNull } from '../fields.ts';
import { type ApiRoute, route } from '../route.ts';
import { type FindDeps, findTag } from './find.ts';

const usage = {
  pushedAt: time.nullable().describe('null: before anybody listened.'),
  pushedBy: person.nullable().describe('Empty for anonymous; null: not known.'),
  pushConfirmed: z.boolean(),
  lastPulledAt: time.nullable(),
  pullCount: count,
};

export const tagSchema = z
  .strictObject({
    name: tagName,
    digest,
    firstSeenAt: time,
    checkedAt: time,
    ...usage,
    missingSince: time.nullable().describe('The registry lacks it since then; it goes when that is confirmed.'),
    subjectDigest: digest.nullable().describe('Of the tag of a signature or another referrer: what it speaks about.'),
  })
  .meta({ id: 'Tag' });

const params = z.strictObject({ repository: repositoryParam });

export function tagRoutes(deps: FindDeps): readonly ApiRoute[] {
  return [
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
