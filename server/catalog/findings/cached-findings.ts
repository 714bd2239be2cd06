import { LRUCache } from 'lru-cache';
import { AppError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { withTimeout } from '../../with-timeout.ts';
import type { Visibility } from '../visibility/visibility.ts';
import type { Findings } from './findings.ts';

export interface CachedFindingsDeps {
  readonly ask: (visibility: Visibility) => Promise<Findings>;
  readonly log: Logger;
  /** How long a page waits for new findings. */
  readonly maxWaitMs?: number;
}

export interface FindingsStore {
  /** @returns the last findings if new ones take too long; undefined: none yet. */
  readonly of: (visibility: Visibility) => Promise<Findings | undefined>;
}

const MAX_WAIT_MS = 40;
const MAX_VIEWERS = 500;

/** Findings for pages, which wait only shortly; simultaneous requests share one computation. */
export function createCachedFindings({ ask, log, maxWaitMs = MAX_WAIT_MS }: CachedFindingsDeps): FindingsStore {
  const known = new LRUCache<number, Findings>({ max: MAX_VIEWERS });
  const underway = new Map<number, Promise<Findings | undefined>>();

  async function askAnew(visibility: Visibility): Promise<Findings | undefined> {
    try {
      const found = await ask(visibility);
      known.set(visibility.id, found);
      return found;
    } catch (error) {
      if (!isEnding(error)) log.warn({ error }, 'repositories not looked through');
      return undefined;
    } finally {
      underway.delete(visibility.id);
    }
  }

  return {
    async of(visibility) {
      const asked = underway.get(visibility.id) ?? askAnew(visibility);
      underway.set(visibility.id, asked);
      return (await withTimeout(asked, maxWaitMs)) ?? known.get(visibility.id);
    },
  };
}

/** An interruption by closing is no failure. */
function isEnding(error: unknown): boolean {
  return (error as Error).name === 'AbortError' || (error instanceof AppError && error.key === 'indexRestarting');
}
