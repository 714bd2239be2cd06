import type { Database } from '../../storage/database.ts';

export interface KnownImage {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

const SAMPLE_SIZE = 20;
/** Many tags may point to one image. */
const MAX_ROWS = 500;

/**
 * Some of the images that are known, each by one of its tags, at random over the whole index. At random by id, so that it
 * costs the same in an index of a million tags.
 *
 * @param except a repository to leave out.
 */
export async function sampleImages(db: Database, except: string | undefined): Promise<readonly KnownImage[]> {
  const bounds = await db
    .selectFrom('tags')
    .select(({ fn }) => [fn.min('id').as('first'), fn.max('id').as('last')])
    .executeTakeFirst();
  const [first, last] = [Number(bounds?.first ?? 0), Number(bounds?.last ?? 0)];
  if (last === 0) return [];
  const found = new Map<string, KnownImage>();
  const add = (images: readonly KnownImage[]): void => {
    for (const image of images) {
      if (found.size < SAMPLE_SIZE) found.set(`${image.repository}@${image.digest}`, image);
    }
  };
  for (let count = 0; count < SAMPLE_SIZE; count += 1) {
    const start = first + Math.floor(Math.random() * (last - first + 1));
    add(await imagesFrom(db, start, 1, except));
  }
  // A small index is asked for as a whole.
  if (found.size < SAMPLE_SIZE) add(await imagesFrom(db, first, MAX_ROWS, except));
  return [...found.values()];
}

function imagesFrom(
  db: Database,
  start: number,
  limit: number,
  except: string | undefined,
): Promise<readonly KnownImage[]> {
  return db
    .selectFrom('tags')
    .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
    .select(['repositories.name as repository', 'tags.name as tag', 'tags.digest'])
    .where('tags.id', '>=', start)
    .$if(except !== undefined, (query) => query.where('repositories.name', '<>', except ?? ''))
    .orderBy('tags.id')
    .limit(limit)
    .execute();
}
