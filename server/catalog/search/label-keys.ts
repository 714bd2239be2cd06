import { LRUCache } from 'lru-cache';
import { type Clock, monotonic } from '../../clock.ts';
import type { Database } from '../../storage/database.ts';
import type { Visibility } from '../visibility/visibility.ts';
import { suggestValues } from './values-seen.ts';

const KEPT_MS = 60_000;
const MAX_KEPT = 500;

/**
 * Keys of labels that a viewer's images have. They are offered with every key that is pressed, and gathering them looks
 * at hundreds of images: so they are kept for a minute.
 */
export function createLabelKeys({ db, clock = monotonic }: { readonly db: Database; readonly clock?: Clock }) {
  const perf = { now: clock };
  const kept = new LRUCache<number, Promise<readonly string[]>>({
    max: MAX_KEPT,
    ttl: KEPT_MS,
    ttlResolution: 0,
    perf,
  });
  return (visibility: Visibility): Promise<readonly string[]> => {
    const { id } = visibility;
    const known = kept.get(id);
    if (known !== undefined) return known;
    const keys = suggestValues(db, visibility, 'label', '');
    kept.set(id, keys);
    // Only its own: by now another answer may have come into its place.
    keys.catch(() => kept.peek(id) === keys && kept.delete(id));
    return keys;
  };
}
