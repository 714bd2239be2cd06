import { z } from 'zod';
import { FOLDER_SORTS, type FolderRow, type RepositoryStore } from '../../catalog/lists/repositories.ts';
import { bytes, count, direction, folderPath, person, platform, repositoryName, time, timeOrNull } from '../fields.ts';
import { type ApiRoute, listRoute } from '../route.ts';

export interface FolderRoutesDeps {
  readonly repositories: Pick<RepositoryStore, 'folders'>;
}

const folderSchema = z
  .strictObject({
    path: repositoryName.meta({ examples: ['team'] }),
    repositoryCount: count.describe('Everywhere below it.'),
    summedAt: time.nullable().describe('When the sums below were made; null: not yet, they say nothing.'),
    tagCount: count,
    pullCount: count,
    lastPushedAt: time.nullable(),
    lastPushedBy: person.nullable().describe('null: not known.'),
    lastPushConfirmed: z.boolean(),
    newestAt: time.nullable().describe('Of the youngest tag below: when it was pushed, else built.'),
    platforms: z.array(platform).describe('All that anything below is made for, at most 64.'),
    lastPulledAt: time.nullable(),
    logicalBytes: bytes.describe('As if images shared nothing.'),
    sizeBytes: bytes.describe('Each blob below once.'),
    uniqueBytes: bytes.describe('Of these, what nothing outside of the folder has that the caller can pull.'),
    reclaimableBytes: bytes.describe('What only untagged manifests use, among what the caller can pull.'),
  })
  .meta({ id: 'Folder' });

export function folderRoutes({ repositories }: FolderRoutesDeps): readonly ApiRoute[] {
  return [
    listRoute({
      path: '/folders',
      id: 'listFolders',
      policy: 'browse',
      group: 'Repositories',
      summary: 'List folders with the sums of what the caller can pull',
      query: z.strictObject({
        parent: folderPath.default('').describe('The folder around them; empty: the root.'),
        sort: z
          .enum(FOLDER_SORTS)
          .default('name')
          .describe('`newest`: by the youngest tag below. `pushed`: by the build where nobody saw a push.'),
        direction: direction.default('asc'),
      }),
      item: folderSchema,
      handler: async ({ query: { parent, sort, direction }, page }, context) => {
        const { rows, ...ends } = await repositories.folders(await context.visibility(), {
          ...{ parent, sort, direction },
          ...page,
        });
        return { items: rows.map(folderBody), ...ends };
      },
    }),
  ];
}

function folderBody({ name: _, ...row }: FolderRow): z.input<typeof folderSchema> {
  return {
    ...row,
    summedAt: timeOrNull(row.summedAt),
    platforms: [...row.platforms],
    lastPushedAt: timeOrNull(row.lastPushedAt),
    newestAt: timeOrNull(row.newestAt),
    lastPulledAt: timeOrNull(row.lastPulledAt),
  };
}
