import { createExpiringMap } from '../../accounts/expiring-map.ts';
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
  const kept = createExpiringMap<Promise<readonly string[]>>({ lifetimeMs: KEPT_MS, most: MAX_KEPT, clock });
  return (visibility: Visibility): Promise<readonly string[]> => {
    const key = String(visibility.id);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const keys = suggestValues(db, visibility, 'label', '');
    kept.set(key, keys);
    // Only its own: by now another answer may have come into its place.
    keys.catch(() => kept.removeWhere((value) => value === keys));
    return keys;
  };
}
