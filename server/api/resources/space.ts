import { z } from 'zod';
import type { SpaceStore, SpaceSums } from '../../catalog/space.ts';
import { SPACE_SORTS } from '../../catalog/space-list.ts';
import { bytes, count, direction, folderPath, repositoryName, time, timeOf, timeOrNull } from '../fields.ts';
import { type ApiRoute, listRoute, route } from '../route.ts';
import { hidden } from './find.ts';

export interface SpaceRoutesDeps {
  readonly space: Pick<SpaceStore, 'overview' | 'series' | 'total'>;
  readonly now: () => number;
}

const DAY_MS = 86_400_000;
const MOST_DAYS = 400;

const sums = {
  repositoryCount: count,
  tagCount: count,
  logicalBytes: bytes.describe('As if images shared nothing.'),
  sizeBytes: bytes.describe('Each blob of what is tagged once.'),
  uniqueBytes: bytes.describe('Of these, what nothing elsewhere has.'),
  reclaimableBytes: bytes.describe('Beside them: what only untagged manifests use.'),
};

const partSchema = z
  .strictObject({
    kind: z.enum(['folder', 'repository']),
    path: repositoryName,
    ...sums,
    sharedBytes: bytes.describe('Of `sizeBytes`, what stands elsewhere as well.'),
  })
  .meta({ id: 'SpacePart' });

const sumsSchema = z
  .strictObject({
    path: z.string().meta({ examples: ['team'] }),
    ...sums,
    summedAt: time.nullable().describe('When the sums were made; null: not yet, they say nothing.'),
  })
  .meta({ id: 'SpaceSums' });

const daySchema = z
  .strictObject({ day: z.iso.date().meta({ examples: ['2026-03-01'] }), ...sums })
  .meta({ id: 'SpaceDay' });

const folder = folderPath.default('').describe('Empty: everything the caller may pull.');

export function spaceRoutes({ space, now }: SpaceRoutesDeps): readonly ApiRoute[] {
  return [
    listRoute({
      path: '/space',
      id: 'listSpace',
      policy: 'browse',
      group: 'Space',
      summary: 'Who uses how much: a folder, and what stands directly in it',
      query: z.strictObject({
        folder,
        sort: z.enum(SPACE_SORTS).default('size'),
        direction: direction.default('desc'),
      }),
      item: partSchema,
      beside: { sums: sumsSchema },
      handler: async ({ query: { folder, sort, direction }, page }, context) => {
        const seen = await context.visibility();
        const found = await space.overview(seen, { folder, sort, direction, ...page });
        if (found.sums === undefined && folder !== '') throw hidden();
        const all = sumsBody(found.sums ?? (await space.total(seen)));
        return { items: found.rows.map((row) => ({ ...row })), next: found.next, beside: { sums: all } };
      },
    }),
    route({
      method: 'GET',
      path: '/space/history',
      id: 'getSpaceHistory',
      policy: 'browse',
      group: 'Space',
      summary: 'The same, day by day',
      description:
        'Oldest first; days that are left out were as the day before. Kept for the upper two levels of folders.',
      query: z.strictObject({
        folder,
        days: z.coerce.number().int().min(1).max(MOST_DAYS).default(90).describe('How far back.'),
      }),
      response: z.strictObject({ folder: z.string(), days: z.array(daySchema) }).meta({ id: 'SpaceHistory' }),
      handler: async ({ query: { folder, days } }, context) => {
        const samples = await space.series(await context.visibility(), folder, now() - days * DAY_MS);
        const body = samples.map(({ dayAt, ...sample }) => ({ day: timeOf(dayAt).slice(0, 10), ...sample }));
        return { folder, days: body };
      },
    }),
  ];
}

function sumsBody({ pullCount: _, summedAt, ...rest }: SpaceSums): z.input<typeof sumsSchema> {
  return { ...rest, summedAt: timeOrNull(summedAt) };
}
