import { z } from 'zod';
import { notFoundOrHidden } from '../../access/actor.ts';
import { SPACE_SORTS } from '../../catalog/space/list.ts';
import type { SpaceStore, SpaceSums } from '../../catalog/space/space.ts';
import { DAY_MS } from '../../storage/calendar.ts';
import {
  bytes,
  count,
  direction,
  folderPath,
  repositoryName,
  repositoryParam,
  time,
  timeOf,
  timeOrNull,
} from '../fields.ts';
import { type ApiRoute, listRoute, route } from '../route.ts';
import { type FindDeps, findRepository } from './find.ts';

export interface SpaceRoutesDeps extends Pick<FindDeps, 'repositories'> {
  readonly space: Pick<SpaceStore, 'overview' | 'series' | 'total' | 'repositorySeries'>;
  readonly now: () => number;
}

const MAX_DAYS = 400;

const ownSums = {
  tagCount: count,
  logicalBytes: bytes.describe('As if images shared nothing.'),
  sizeBytes: bytes.describe('Each blob of what is tagged once.'),
  uniqueBytes: bytes.describe('Of these, what nothing elsewhere has that the caller can pull.'),
  reclaimableBytes: bytes.describe('Beside them: what only untagged manifests use, among what the caller can pull.'),
};

const sums = { repositoryCount: count, ...ownSums };

const partSchema = z
  .strictObject({
    kind: z.enum(['folder', 'repository']),
    path: repositoryName,
    ...sums,
    sharedBytes: bytes.describe('Of `sizeBytes`, what stands elsewhere as well, where the caller can pull it.'),
  })
  .meta({ id: 'SpacePart' });

const sumsSchema = z
  .strictObject({
    path: z.string().meta({ examples: ['team'] }),
    ...sums,
    summedAt: time.nullable().describe('When the sums were made; null: not yet, they say nothing.'),
  })
  .meta({ id: 'SpaceSums' });

const day = z.iso.date().meta({ examples: ['2026-03-01'] });
const days = z.coerce.number().int().min(1).max(MAX_DAYS).default(90).describe('How far back.');

/** Of a day that is past. */
const pastSums = {
  ...ownSums,
  uniqueBytes: ownSums.uniqueBytes
    .nullable()
    .describe('null: not known, or kept over repositories that the caller cannot pull.'),
  reclaimableBytes: ownSums.reclaimableBytes.nullable().describe('null: as above.'),
};

const daySchema = z.strictObject({ day, repositoryCount: count, ...pastSums }).meta({ id: 'SpaceDay' });

const repositoryHistorySchema = z
  .strictObject({
    repository: repositoryName,
    days: z.array(z.strictObject({ day, ...pastSums }).meta({ id: 'RepositorySpaceDay' })),
  })
  .meta({ id: 'RepositorySpaceHistory' });

const folder = folderPath.default('').describe('Empty: everything the caller may pull.');

export function spaceRoutes({ repositories, space, now }: SpaceRoutesDeps): readonly ApiRoute[] {
  return [
    listRoute({
      path: '/space',
      id: 'listSpace',
      policy: 'browse',
      group: 'Space',
      summary: 'Get storage by folder',
      query: z.strictObject({
        folder,
        sort: z.enum(SPACE_SORTS).default('size').describe('`shared`: what stands elsewhere as well.'),
        direction: direction.default('desc'),
      }),
      item: partSchema,
      beside: { sums: sumsSchema },
      handler: async ({ query: { folder, sort, direction }, page }, context) => {
        const seen = await context.visibility();
        const found = await space.overview(seen, { folder, sort, direction, ...page });
        if (found.sums === undefined && folder !== '') throw notFoundOrHidden();
        const all = sumsBody(found.sums ?? (await space.total(seen)));
        const { rows, next, previous } = found;
        return { items: rows.map((row) => ({ ...row })), next, previous, beside: { sums: all } };
      },
    }),
    route({
      method: 'GET',
      path: '/space/history',
      id: 'getSpaceHistory',
      policy: 'browse',
      group: 'Space',
      summary: 'Get storage by day',
      description:
        'Oldest first; days that are left out were as the day before. Kept for the upper two levels of folders.',
      query: z.strictObject({ folder, days }),
      response: z.strictObject({ folder: z.string(), days: z.array(daySchema) }).meta({ id: 'SpaceHistory' }),
      handler: async ({ query: { folder, days } }, context) => {
        const samples = await space.series(await context.visibility(), folder, now() - days * DAY_MS);
        return { folder, days: samples.map(dayBody) };
      },
    }),
    route({
      method: 'GET',
      path: '/repositories/{repository}/-/space/history',
      id: 'getRepositorySpaceHistory',
      policy: 'browse',
      group: 'Space',
      summary: 'Get storage of a repository by day',
      description:
        'Oldest first; days that are left out were as the day before. What it takes now is in the repository.',
      params: z.strictObject({ repository: repositoryParam }),
      query: z.strictObject({ days }),
      response: repositoryHistorySchema,
      handler: async ({ params: { repository }, query: { days } }, context) => {
        const { id } = await findRepository({ repositories }, context, repository);
        const samples = await space.repositorySeries(await context.visibility(), id, now() - days * DAY_MS);
        return { repository, days: samples.map(dayBody) };
      },
    }),
  ];
}

function dayBody<Sums extends { readonly dayAt: number }>({ dayAt, ...sums }: Sums) {
  return { day: timeOf(dayAt).slice(0, 10), ...sums };
}

function sumsBody({ pullCount: _, summedAt, ...rest }: SpaceSums): z.input<typeof sumsSchema> {
  return { ...rest, summedAt: timeOrNull(summedAt) };
}
