import type { Database } from '../../storage/database.ts';
import { imagesFrom, type KnownImage, tagBounds } from '../base/tag-lookup.ts';

const SAMPLE_SIZE = 20;
/** More than the sample size, because many tags may point to one image. */
const MAX_ROWS = 500;

/**
 * A random sample of known images, each by one of its tags. Selected by random ID, so the cost does not depend on the
 * size of the index.
 * @param except A repository to leave out.
 */
export async function sampleImages(db: Database, except: string | undefined): Promise<readonly KnownImage[]> {
  const bounds = await tagBounds(db);
  if (bounds === undefined) return [];
  const { first, last } = bounds;
  const found = new Map<string, KnownImage>();
  const add = (images: readonly KnownImage[]): void => {
    for (const image of images) {
      if (found.size < SAMPLE_SIZE) found.set(`${image.repository}@${image.digest}`, image);
    }
  };
  for (let count = 0; count < SAMPLE_SIZE; count += 1) {
    const start = first + Math.floor(Math.random() * (last - first + 1));
    add(await imagesFrom(db, { start, limit: 1, except }));
  }
  // A small index is sampled completely.
  if (found.size < SAMPLE_SIZE) add(await imagesFrom(db, { start: first, limit: MAX_ROWS, except }));
  return [...found.values()];
}
