import { z } from 'zod';
import { REPOSITORY_SORTS, type RepositoryRow, type RepositoryStore } from '../../catalog/lists/repositories.ts';
import {
  bytes,
  count,
  digest,
  direction,
  msOf,
  nameFilter,
  person,
  platform,
  repositoryName,
  repositoryParam,
  size,
  tagName,
  time,
  timeOf,
  timeOrNull,
  yesOrNo,
} from '../fields.ts';
import { type ApiRoute, listRoute, route } from '../route.ts';
import { findRepository } from './find.ts';
import { type RefreshRoutesDeps, refreshRoutes } from './refresh.ts';

export interface RepositoryRoutesDeps extends RefreshRoutesDeps {
  readonly repositories: Pick<RepositoryStore, 'find' | 'list'>;
}

export const repositorySchema = z
  .strictObject({
    name: repositoryName,
    tagCount: count.describe('Without the tags of signatures and other referrers.'),
    imageCount: count.describe('Distinct digests under these tags.'),
    untaggedCount: count,
    sizeBytes: bytes.describe('Everything tagged here, each blob once.'),
    logicalBytes: bytes.describe('The same, as if images shared nothing.'),
    uniqueBytes: bytes.describe('Of `sizeBytes`, what no other repository has that the caller can pull.'),
    reclaimableBytes: bytes.describe('What only untagged manifests use, among what the caller can pull.'),
    newestTag: tagName.nullable(),
    newestDigest: digest.nullable().describe('What that tag points to.'),
    newestAt: time.nullable().describe('When that tag was pushed, else built.'),
    platforms: z.array(platform),
    firstSeenAt: time,
    checkedAt: time.nullable().describe('When the registry last confirmed this; null: not read yet.'),
    lastPushedAt: time.nullable().describe('null: before anybody listened.'),
    lastPushedBy: person.nullable().describe('Empty for anonymous; null: not known.'),
    lastPushConfirmed: z.boolean(),
    lastPulledAt: time.nullable(),
    pullCount: count,
    error: z.string().nullable().describe('Why it could not be read completely.'),
  })
  .meta({ id: 'Repository' });

const listQuery = z.strictObject({
  filter: nameFilter('Part of the name.'),
  folder: nameFilter('Only what lies below this folder.'),
  direct: yesOrNo.optional().describe('Only what lies in the folder itself, not in folders below it.'),
  platform: nameFilter('Only with an image for this platform: `linux/arm64`.'),
  kind: nameFilter('Only with something of this kind: `image`, `helm`, `signature`, `sbom`, `artifact` …'),
  pushedBefore: time.optional().describe('By the last push, else by the build of the newest tag, else long ago.'),
  pushedAfter: time.optional().describe('The same, from this moment on.'),
  minBytes: size.describe('Of `sizeBytes`.'),
  maxBytes: size.describe('Of `sizeBytes`.'),
  neverPulled: yesOrNo.optional().describe('Only what nobody pulled since there is a record.'),
  empty: yesOrNo.optional().describe('Without tags.'),
  sort: z
    .enum(REPOSITORY_SORTS)
    .default('name')
    .describe('`pushed`: by the build where nobody saw a push. `newest`: by the version of the newest tag.'),
  direction: direction.default('asc'),
});
const params = z.strictObject({ repository: repositoryParam });

export function repositoryRoutes(deps: RepositoryRoutesDeps): readonly ApiRoute[] {
  return [
    listRoute({
      path: '/repositories',
      id: 'listRepositories',
      policy: 'browse',
      group: 'Repositories',
      summary: 'List repositories',
      query: listQuery,
      item: repositorySchema,
      handler: async ({ query, page }, context) => {
        const { direct, pushedBefore, pushedAfter, minBytes, maxBytes, neverPulled, empty, ...same } = query;
        const { rows, ...found } = await deps.repositories.list(await context.visibility(), {
          ...same,
          isDirect: direct,
          pushedBefore: msOf(pushedBefore),
          pushedAfter: msOf(pushedAfter),
          atLeastBytes: minBytes,
          atMostBytes: maxBytes,
          neverPulled,
          isEmpty: empty,
          ...page,
        });
        return { items: rows.map(repositoryBody), ...found };
      },
    }),
    route({
      method: 'GET',
      path: '/repositories/{repository}',
      id: 'getRepository',
      policy: 'browse',
      group: 'Repositories',
      summary: 'Get a repository',
      params,
      response: repositorySchema,
      handler: async (input, context) => repositoryBody(await findRepository(deps, context, input.params.repository)),
    }),
    ...refreshRoutes(deps),
  ];
}

export function repositoryBody(row: RepositoryRow): z.input<typeof repositorySchema> {
  const { name, tagCount, imageCount, untaggedCount, sizeBytes, logicalBytes, uniqueBytes, reclaimableBytes } = row;
  const { newestTag, newestDigest, lastPushedBy, lastPushConfirmed, pullCount, error } = row;
  return {
    ...{ name, tagCount, imageCount, untaggedCount, sizeBytes, logicalBytes, uniqueBytes, reclaimableBytes },
    ...{ newestTag, newestDigest, lastPushedBy, lastPushConfirmed, pullCount, error },
    platforms: [...row.platforms],
    firstSeenAt: timeOf(row.firstSeenAt),
    checkedAt: timeOrNull(row.checkedAt),
    newestAt: timeOrNull(row.newestAt),
    lastPushedAt: timeOrNull(row.lastPushedAt),
    lastPulledAt: timeOrNull(row.lastPulledAt),
  };
}
