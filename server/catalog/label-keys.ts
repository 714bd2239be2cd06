import type { Database } from '../storage/database.ts';
import { suggestValues } from './search-values-seen.ts';
import type { Visibility } from './visibility.ts';

const KEPT_MS = 60_000;
const MOST_KEPT = 500;

interface Kept {
  readonly until: number;
  readonly keys: Promise<readonly string[]>;
}

/**
 * Keys of labels that a viewer's images have. They are offered with every key that is pressed, and gathering them looks
 * at hundreds of images: so they are kept for a minute.
 */
export function createLabelKeys({ db, now }: { readonly db: Database; readonly now: () => number }) {
  const kept = new Map<number, Kept>();
  return (visibility: Visibility): Promise<readonly string[]> => {
    const known = kept.get(visibility.id);
    if (known !== undefined && known.until > now()) return known.keys;
    const [oldest] = kept.keys();
    if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    const keys = suggestValues(db, visibility, 'label', '');
    kept.set(visibility.id, { until: now() + KEPT_MS, keys });
    keys.catch(() => kept.delete(visibility.id));
    return keys;
  };
}
