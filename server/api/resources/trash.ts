/** The trash, of repositories that the caller may see. */
import { z } from 'zod';
import type { TrashRow } from '../../housekeeping/trash-list.ts';
import type { RestoredEntry } from '../../housekeeping/use-cases/deletion.ts';
import { MAX_ID } from '../../storage/row-id.ts';
import {
  bytes,
  clipList,
  count,
  digest,
  kind,
  nameFilter,
  person,
  repositoryName,
  tagName,
  time,
  timeOf,
} from '../fields.ts';
import { type ApiRoute, listRoute, route } from '../route.ts';
import type { DeletionRoutesDeps } from './deletion.ts';
import { actorOf, may } from './find.ts';

const MAX_RESTORED = 100;

const entrySchema = z
  .strictObject({
    ...{ id: z.number().int(), repository: repositoryName, digest, kind },
    tags: z.array(tagName).describe('At most 200; empty where it was deleted by digest.'),
    contentBytes: bytes.describe('Config and layers; 0 where they were never read.'),
    partCount: count.describe('Manifests that were deleted with it, and are restored with it.'),
    deletedAt: time,
    deletedBy: person.describe('Empty: outside Registry Web.'),
    restorableUntil: time.nullable().describe('null: garbage collection has removed its layers.'),
  })
  .meta({ id: 'TrashEntry' });

const restoredSchema = z
  .strictObject({
    items: z.array(
      z.strictObject({
        id: z.number().int(),
        restored: z.boolean(),
        tags: z.array(tagName).describe('Back in their place, at most 200.'),
        taken: z.array(tagName).describe('They point to something else by now and were left alone, at most 200.'),
        problem: z.string().nullable().describe('Why it was not restored.'),
      }),
    ),
  })
  .meta({ id: 'RestoredEntries' });

type RestoredItem = z.input<typeof restoredSchema>['items'][number];

export function trashRoutes(deps: DeletionRoutesDeps): readonly ApiRoute[] {
  const { trash } = deps.deletion;
  return [
    listRoute({
      ...{ path: '/trash', id: 'listTrash', policy: 'browse', group: 'Deletion' },
      summary: 'List deleted images that can be restored',
      description: 'Newest first, of the repositories that the caller may pull.',
      query: z.strictObject({
        repository: nameFilter('Only of this repository.'),
        filter: nameFilter('Part of a tag, repository or user name, or the beginning of a digest.'),
      }),
      item: entrySchema,
      handler: async ({ query, page }, context) => {
        const maySee = (repository: string) => may(context, 'pull', repository);
        const { rows, ...found } = await trash.page({ ...query, ...page, maySee });
        return { items: rows.map((row) => entryBody(row, trash.keepMs)), ...found };
      },
    }),
    route({
      ...{ method: 'POST', path: '/trash/restore', id: 'restoreEntries', policy: 'browse', group: 'Deletion' },
      summary: 'Restore deleted images',
      description: 'Each has its own outcome. Needs the right `delete` on the repository of each.',
      body: z.strictObject({ ids: z.array(z.number().int().min(1).max(MAX_ID)).min(1).max(MAX_RESTORED) }),
      response: restoredSchema,
      handler: async ({ body }, context) => {
        const entries = await deps.deleting.restoreEach(actorOf(context), body.ids);
        return { items: entries.map(restoredItem) };
      },
    }),
  ];
}

function entryBody(
  { id, repository, digest, kind, tags, contentBytes, partCount, deletedBy, ...row }: TrashRow,
  keepMs: number,
): z.input<typeof entrySchema> {
  const texts = { repository, digest, kind, tags: clipList(tags), deletedBy };
  const until = row.unrestorableAt === undefined ? timeOf(row.deletedAt + keepMs) : null;
  return { id, ...texts, contentBytes, partCount, deletedAt: timeOf(row.deletedAt), restorableUntil: until };
}

function restoredItem({ id, result, error }: RestoredEntry): RestoredItem {
  if (error !== undefined) return { id, restored: false, tags: [], taken: [], problem: error.message };
  return { id, restored: true, tags: clipList(result.tags), taken: clipList(result.taken), problem: null };
}
