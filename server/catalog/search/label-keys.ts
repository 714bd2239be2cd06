import { LRUCache } from 'lru-cache';
import { type Clock, monotonic } from '../../clock.ts';
import type { Database } from '../../storage/database.ts';
import type { Visibility } from '../visibility/visibility.ts';
import { suggestValues } from './values-seen.ts';

const KEPT_MS = 60_000;
const MAX_KEPT = 500;

/**
 * Label keys of a viewer's images, cached for a minute: they are suggested while typing, and collecting them reads
 * hundreds of images.
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
    // Only this entry: it may have been replaced meanwhile.
    keys.catch(() => kept.peek(id) === keys && kept.delete(id));
    return keys;
  };
}
