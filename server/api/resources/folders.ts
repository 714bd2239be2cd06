import { z } from 'zod';
import type { FolderRow, RepositoryStore } from '../../catalog/repositories.ts';
import { bytes, count, direction, folderPath, repositoryName, time, timeOrNull } from '../fields.ts';
import { type ApiRoute, listRoute } from '../route.ts';

export interface FolderRoutesDeps {
  readonly repositories: Pick<RepositoryStore, 'folders'>;
}

const SORTS = ['name', 'repositories', 'tags', 'pushed', 'pulled', 'pulls', 'size', 'unique'] as const;

const folderSchema = z
  .strictObject({
    path: repositoryName.meta({ examples: ['team'] }),
    repositoryCount: count.describe('Everywhere below it.'),
    summedAt: time.nullable().describe('When the sums below were made; null: not yet, they say nothing.'),
    tagCount: count,
    pullCount: count,
    lastPushedAt: time.nullable(),
    lastPulledAt: time.nullable(),
    logicalBytes: bytes.describe('As if images shared nothing.'),
    sizeBytes: bytes.describe('Each blob below once.'),
    uniqueBytes: bytes.describe('Of these, what nothing outside of the folder has.'),
    reclaimableBytes: bytes.describe('What only untagged manifests use.'),
  })
  .meta({ id: 'Folder' });

export function folderRoutes({ repositories }: FolderRoutesDeps): readonly ApiRoute[] {
  return [
    listRoute({
      path: '/folders',
      id: 'listFolders',
      policy: 'browse',
      group: 'Repositories',
      summary: 'Folders of repositories, with the sums of what the caller may pull below',
      query: z.strictObject({
        parent: folderPath.default('').describe('The folder around them; empty: the root.'),
        sort: z.enum(SORTS).default('name'),
        direction: direction.default('asc'),
      }),
      item: folderSchema,
      handler: async ({ query: { parent, sort, direction }, page }, context) => {
        const { rows, next } = await repositories.folders(await context.visibility(), {
          ...{ parent, sort, direction },
          ...page,
        });
        return { items: rows.map(folderBody), next };
      },
    }),
  ];
}

function folderBody({ name: _, ...row }: FolderRow): z.input<typeof folderSchema> {
  return {
    ...row,
    summedAt: timeOrNull(row.summedAt),
    lastPushedAt: timeOrNull(row.lastPushedAt),
    lastPulledAt: timeOrNull(row.lastPulledAt),
  };
}
